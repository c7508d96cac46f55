// The I/O thread: one event loop that serves every flight of one cache.
#pragma once

#include "cache/engine.hpp"
#include "core/mutex.hpp"
#include "net/io_loop.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace lambda_cache::wiring {

/// Thread-safe. The thread starts with the first wake() and ends with stop(). Nothing that is
/// thrown on it ends it: what was under way fails.
class io_service {
 public:
  explicit io_service(cache::engine& engine);
  ~io_service();

  /// There is work in the engine: starts the thread if need be and lets it look. Where there can be
  /// no thread, what is queued fails.
  void wake() noexcept;
  /// The same some time later, once for all who ask meanwhile, so that what is asked for in a row
  /// starts together; at once where there is no memory to wait with.
  void wake_after(std::chrono::nanoseconds delay) noexcept;
  /// Ends the thread. Calls still running are dropped.
  void stop();
  /// Runs something on the loop's thread, or here if the loop is not running any more.
  void run_on_loop(net::io_loop::task work);
  /// The same, and returns when it was done. Not from the loop's thread.
  void finish_on_loop(net::io_loop::task work);
  [[nodiscard]] net::io_loop& loop() noexcept { return *loop_; }

  /// Around fork(): the thread is brought to stand between two tasks, where it holds no lock of
  /// ours or of a library's, and the lock is held from before_fork() on. The child has neither the
  /// thread nor anything it was about to do: it starts anew. Not while stop() may be called.
  void before_fork() LC_THREAD(acquire_capability(mutex_));
  void after_fork_in_parent() LC_THREAD(release_capability(mutex_));
  void after_fork_in_child() LC_THREAD(release_capability(mutex_));

 private:
  class standstill;
  net::io_loop* make_loop();
  void start_thread() LC_REQUIRES(mutex_);
  void drain() noexcept;

  cache::engine& engine_;
  std::atomic<bool> gathering_{false};  // a wake_after() is on its way
  core::mutex mutex_;
  net::io_loop* loop_;
  std::thread* thread_ LC_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ LC_GUARDED_BY(mutex_) = false;
  std::shared_ptr<standstill> standing_ LC_GUARDED_BY(mutex_);  // while a fork is on
};

}  // namespace lambda_cache::wiring
