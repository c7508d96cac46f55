// A handle: one value that is read again and again.
#pragma once

#include <lambda_cache/error.hpp>
#include <lambda_cache/result.hpp>
#include <lambda_cache/value.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lambda_cache {
namespace wiring {
class handle_state;
}
inline namespace v0 {

/// Names one value and how fresh it has to be. Copies share the state. Safe from any number of
/// threads; a read of a value that is fresh enough takes no lock and allocates nothing.
///
/// Failure leaves the cache as it was: a later read may succeed.
class handle {
 public:
  explicit handle(std::shared_ptr<wiring::handle_state> state) noexcept;

  /// The value, fetched if what is cached is too old. The reference belongs to the calling thread
  /// and is valid until this thread's next call on this handle (or a copy of it).
  /// Throws `error`.
  [[nodiscard]] const Value& get() const;
  /// What get() would return without asking anybody: the value if the cache holds one that is fresh
  /// enough, else nullptr. Never waits or throws, and fetches nothing that it would have to wait
  /// for: a value close to its expiry may be refreshed in the background, as by get(). Belongs to
  /// the thread as with get().
  [[nodiscard]] const Value* peek() const noexcept;
  /// get() without exceptions, as a value of its own.
  [[nodiscard]] result<Value> try_get() const noexcept;
  /// get() as a value of its own, for storage and coroutines. Throws `error`.
  [[nodiscard]] Value copy() const;
  /// Fetches in any case, with a request that starts after this call. Throws `error`.
  [[nodiscard]] Value refresh() const;
  /// Starts fetching the value in the background if there is none that is fresh enough: one attempt
  /// of 3 seconds at most (objects: 10). Reads join it; a failure is told to nobody but them. What
  /// is asked for in the same millisecond is fetched together. For the initialisation of a
  /// function; does nothing under SnapStart, where it would put the value into the snapshot.
  void prefetch() const noexcept;
  /// Forgets the value: the next read fetches, also through other handles on the same value.
  void invalidate() const;

  /// The name as it was given, e.g. "/app/var:3".
  [[nodiscard]] const std::string& name() const noexcept;
  /// The name under which a handler gets it by default: what follows the last '/'.
  [[nodiscard]] const std::string& short_name() const noexcept;

  [[nodiscard]] const std::shared_ptr<wiring::handle_state>& internals() const noexcept {
    return state_;
  }

 private:
  std::shared_ptr<wiring::handle_state> state_;
};

namespace detail {

struct open_reads;
/// get_all() in two steps: asks for what is not at hand, later waits for it.
[[nodiscard]] std::shared_ptr<open_reads> start_all(std::span<const handle> handles);
[[nodiscard]] std::vector<result<Value>> finish_all(open_reads& reads);

}  // namespace detail

/// Reads several values in as few calls as the services allow; one result per handle, in order.
[[nodiscard]] std::vector<result<Value>> get_all(std::span<const handle> handles);

}  // namespace v0
}  // namespace lambda_cache
