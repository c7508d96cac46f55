// One thread's event loop with timers; hides Asio. Everything in net/ and sources/ runs on it.
#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace lambda_cache::net {

class io_loop {
 public:
  using task = std::move_only_function<void()>;
  /// Identifies a timer; never reused within one loop.
  using timer_id = std::uint64_t;

  io_loop();
  ~io_loop();
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  /// Runs until stop(). Exactly one thread calls this.
  void run();
  /// Ends run() soon. Any thread.
  void stop() noexcept;
  /// Runs the task on the loop's thread, later. Any thread.
  void post(task work);
  /// Runs the task at `when`, unless cancelled before. Loop thread only.
  timer_id at(core::deadline when, task work);
  /// Forgets the timer; its task is destroyed unrun. Unknown or past ids are ignored. Loop thread.
  void cancel(timer_id id) noexcept;

  struct impl;  // io_context and friends; only net/*.cpp sees inside
  [[nodiscard]] impl& internals() noexcept { return *impl_; }

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace lambda_cache::net
