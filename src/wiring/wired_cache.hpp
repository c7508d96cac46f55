// One wired cache: configuration, engine, sources and the I/O thread that serves them.
#pragma once

#include <lambda_cache/client.hpp>

#include "aws/credentials.hpp"
#include "cache/engine.hpp"
#include "core/invocation.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"
#include "net/io_loop.hpp"
#include "wiring/config.hpp"
#include "wiring/entry_spec.hpp"
#include "wiring/read_operation.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lambda_cache::sources {
class remote_source;
class stand_in;
struct service_settings;
struct tools;
}  // namespace lambda_cache::sources

namespace lambda_cache::wiring {

/// A spec with its configuration: what reading it takes. Good for one epoch.
struct bound_entry {
  cache::entry_ptr entry;
  core::nanos max_age = 0;
  core::nanos stale_if_error = 0;
  core::nanos timeout = 0;
  int max_attempts = 3;
  std::uint64_t epoch = 0;
  core::nanos refresh_ahead = 0;
  /// Whether AWS itself is asked: nothing stands in, and no endpoint is configured.
  bool asks_aws = true;
  bool is_file = false;  // the value is a path: reads look whether the file is still there

  /// A read of it that ends by its timeout, and by `invocation` (the moment the invocation is
  /// killed) less the margin.
  [[nodiscard]] read_item read(core::deadline invocation,
                               std::optional<core::nanos> other_max_age = {}) const;
};

class io_service;

/// Thread-safe. Nothing is read or started before the first bind() or read.
class wired_cache {
 public:
  /// `env` reads environment variables; the process's own by default.
  explicit wired_cache(client_config code, aws::environment env = {});
  ~wired_cache();

  /// The process's default cache. Never destroyed.
  static const std::shared_ptr<wired_cache>& shared();

  /// Binds a spec to the configuration, which is read here the first time.
  /// Errors: invalid_argument (no region, malformed region or endpoint, an ARN of another region
  /// than the one asked for, bad values in the environment).
  [[nodiscard]] core::result<bound_entry> bind(const entry_spec& spec);

  /// Claims the file's name, where the spec is of an object that is to be one, in the whole process
  /// and until this cache is reset or ends: what is declared is refused there. bind() does it
  /// again. Errors: invalid_argument, if it is another object's or another cache's.
  [[nodiscard]] core::result<void> claim_file(const entry_spec& spec) const;

  /// How old a value may be where nobody says. Of the configuration only this is looked at, once:
  /// functions can be memoised where nothing else is set up. Errors: as bind(), about this option.
  [[nodiscard]] core::result<core::nanos> default_max_age();
  /// Starts fetching what is not there, in one attempt of 3 seconds at most (objects: 10), together
  /// with what is asked for in the next moments. Nobody is told how it ends; reads join it. What is
  /// fetched by every read is left alone. Reads nothing and starts nothing but that.
  void prefetch(std::span<const bound_entry> these);
  [[nodiscard]] cache::engine& engine() noexcept { return *engine_; }
  /// Changes with reset(): what was bound before has to be bound again.
  [[nodiscard]] std::uint64_t epoch() const noexcept {
    return epoch_.load(std::memory_order_acquire);
  }
  /// Changes with clear() and reset(): what was kept outside of the engine before counts no more.
  [[nodiscard]] std::uint64_t clears() const noexcept {
    return clears_.load(std::memory_order_acquire);
  }
  [[nodiscard]] statistics stats() const;
  /// Every entry of the present configuration, by service and name.
  [[nodiscard]] std::vector<entry_statistics> entry_stats() const;
  /// The same as the engine has it, in no order.
  [[nodiscard]] std::vector<cache::entry_report> reports() const;
  void clear();
  void reset();
  /// For a process that goes on from a snapshot, before it is taken and after it was restored: like
  /// reset(), and when this returns, credentials and connections are gone as well, also those that
  /// readers bound before the reset could still have used. Not from the I/O thread.
  void start_over();

  /// From now on `instead` makes the sources: no call leaves the process, and a region is not
  /// needed. The last one put in counts. Like reset(), both forget every value.
  void stand_in(std::shared_ptr<sources::stand_in> instead);
  void stand_down(const std::shared_ptr<sources::stand_in>& instead);

  /// Readers count the hits of their slots themselves and hand them in here.
  [[nodiscard]] const std::shared_ptr<std::atomic<std::uint64_t>>& slot_hits() const noexcept {
    return slot_hits_;
  }

 private:
  friend class fork_guard;
  struct configured;  // what one reading of the configuration gave
  std::shared_ptr<sources::remote_source> source_for(configured& in, const entry_spec& spec,
                                                     const std::string& where,
                                                     sources::service_settings settings,
                                                     const aws::endpoint_options& how)
      LC_REQUIRES(mutex_);
  std::shared_ptr<sources::remote_source> make_object_source(configured& in,
                                                             sources::service_settings of,
                                                             const aws::endpoint_options& how);
  /// `region` is that of what is being read; empty if it names none.
  core::result<std::shared_ptr<configured>> configuration(const std::string& region)
      LC_REQUIRES(mutex_);
  std::shared_ptr<configured> start_anew() LC_REQUIRES(mutex_);
  net::io_loop::task replace_tools() LC_REQUIRES(mutex_);
  std::shared_ptr<sources::tools> make_tools(const config& values);
  // The locks are taken in one handler of pthread_atfork() and released in another.
  void before_fork() LC_THREAD(no_thread_safety_analysis);
  void after_fork_in_parent() LC_THREAD(no_thread_safety_analysis);
  void after_fork_in_child() LC_THREAD(no_thread_safety_analysis);

  const client_config code_;
  const bool of_process_;  // env_ is the process's own
  const aws::environment env_;
  std::unique_ptr<cache::engine> engine_;
  std::unique_ptr<io_service> io_;
  std::atomic<std::uint64_t> epoch_{1};
  std::atomic<std::uint64_t> clears_{0};
  std::atomic<int> ending_tools_{0};  // let go, but not destroyed yet
  const std::shared_ptr<std::atomic<std::uint64_t>> slot_hits_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  mutable core::mutex mutex_;
  std::shared_ptr<configured> configured_ LC_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<sources::stand_in>> stand_ins_ LC_GUARDED_BY(mutex_);
  std::optional<core::nanos> max_age_ LC_GUARDED_BY(mutex_);  // read before the rest
  std::optional<config> last_values_ LC_GUARDED_BY(mutex_);   // of the newest configuration
  // Every source that may still be used, also of configurations that a reset replaced.
  std::vector<std::weak_ptr<sources::remote_source>> sources_ LC_GUARDED_BY(mutex_);
};

}  // namespace lambda_cache::wiring
