// One caller's read of several entries: starts it, waits for it, gives it up.
#pragma once

#include "cache/engine.hpp"
#include "core/clock.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

class wired_cache;

/// What ended the wait when time ran out, for the error's text.
enum class time_limit { timeout_option, invocation };

struct read_item {
  cache::read_request request;
  time_limit limited_by = time_limit::timeout_option;
  bool is_file = false;  // the value is a path, and worth nothing without its file
};

/// Whether a value that is a path still has its file, as it was. True for every other value.
[[nodiscard]] bool is_file_there(const cache::snapshot& value);

/// One caller's read of several entries, which miss together and fetch together. Used by one
/// thread at a time; outcomes arrive from the I/O thread.
class read_operation final : public cache::waiter,
                             public std::enable_shared_from_this<read_operation> {
 public:
  /// Starts the read. With `notify_fd` >= 0 an 8-byte counter is written to it (eventfd) when the
  /// last outcome has arrived; the caller owns the descriptor and keeps it open until then or
  /// until give_up() returned.
  static std::shared_ptr<read_operation> start(wired_cache& in, std::vector<read_item> items,
                                               int notify_fd = -1);
  /// The same with a call of `notify`, from any thread, once, instead: it must do no more than tell
  /// another thread. An exception is dropped: whoever waits looks again at next_wake().
  static std::shared_ptr<read_operation> start(wired_cache& in, std::vector<read_item> items,
                                               std::function<void()> notify);

  /// Waits until every outcome is there (true) or `until` has passed (false). Outcomes whose own
  /// time is over are settled on the way: with the stale value if there is one, else by an error.
  /// Blocks without any lock; a Python caller releases the GIL and comes back in slices.
  bool wait(core::deadline until);
  /// The same without blocking, for event loops.
  bool poll();
  /// When poll() should be called next even if nothing is notified; no_deadline: never.
  [[nodiscard]] core::deadline next_wake();

  /// Leaves every flight; what had not arrived fails with `cancelled`.
  void give_up();

  /// In the order of the items. Only after wait() or poll() returned true, or give_up().
  [[nodiscard]] std::vector<cache::outcome>& outcomes() noexcept { return outcomes_; }

  void settled(std::size_t index, cache::outcome result) noexcept override;

 private:
  struct place {
    cache::ticket ticket;
    core::deadline wake_at = core::no_deadline;
    bool open = false;  // no outcome yet
  };
  read_operation(wired_cache& in, int notify_fd, std::function<void()> notify)
      : in_(in), notify_fd_(notify_fd), notify_(std::move(notify)) {}
  static std::shared_ptr<read_operation> begin(std::shared_ptr<read_operation> made,
                                               std::vector<read_item> items);
  /// Whether this was the last one.
  bool settle_locked(std::size_t index, cache::outcome result);
  void leave_overdue(core::deadline now);

  wired_cache& in_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<read_item> items_;
  std::vector<place> places_;
  std::vector<cache::outcome> outcomes_;
  std::size_t missing_ = 0;
  int notify_fd_;
  std::function<void()> notify_;
};

}  // namespace lambda_cache::wiring
