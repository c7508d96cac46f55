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

  /// Something that is to be done soon, without an allocation: where a promise has to be kept with
  /// no memory left. It keeps itself alive until it is run or dropped.
  class late {
   public:
    virtual void run_late() = 0;
    /// Instead of run_late(), when the loop ends first.
    virtual void drop_late() noexcept = 0;

   protected:
    ~late() = default;

   private:
    friend class io_loop;
    late* next_ = nullptr;
  };

  io_loop();
  ~io_loop();
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  /// Runs until stop(). Exactly one thread calls this.
  ///
  /// An exception that leaves a task has broken off what the task was about to do. With
  /// `on_failure` the loop goes on, and on_failure is told, inside of a catch block, so that it can
  /// let go of whoever waits for that; without, run() ends with the exception.
  void run(const std::function<void()>& on_failure = {});
  /// Ends run() soon. Any thread.
  void stop() noexcept;
  /// What run() calls again and again, on its thread, after each raise(). Before run().
  void on_signal(task work);
  /// Has the signal's task run soon: once for any number of calls. Allocates nothing. Any thread.
  void raise() noexcept;
  /// Runs the task on the loop's thread, later. Any thread.
  void post(task work);
  /// The same without an allocation. Not twice before it is run. Loop thread only.
  void soon(late& work) noexcept;
  /// For those who may not throw: takes the exception that is being handled to where one that
  /// leaves a task goes. Loop thread only.
  void note_failure() noexcept;
  /// Runs the task at `when`, unless cancelled before. Throws only before anything happened. Loop
  /// thread only.
  timer_id at(core::deadline when, task work);
  /// Forgets the timer; its task is destroyed unrun. Unknown or past ids are ignored. Loop thread.
  void cancel(timer_id id) noexcept;

  struct impl;  // io_context and friends; only net/*.cpp sees inside
  [[nodiscard]] impl& internals() noexcept { return *impl_; }

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace lambda_cache::net
