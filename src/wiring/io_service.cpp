#include "wiring/io_service.hpp"

#include "core/caught.hpp"
#include "net/signals_blocked.hpp"

#include <condition_variable>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <pthread.h>
#include <utility>

namespace lambda_cache::wiring {

/// A task that holds the loop's thread until it is let go.
class io_service::standstill {
 public:
  void hold() {
    std::unique_lock lock(mutex_);
    is_held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_over_; });
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_held_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;
  bool is_over_ = false;
};

io_service::io_service(cache::engine& engine) : engine_(engine), loop_(make_loop()) {}

net::io_loop* io_service::make_loop() {
  auto made = std::make_unique<net::io_loop>();
  made->on_signal([this] { drain(); });
  return made.release();
}

io_service::~io_service() {
  stop();
  delete loop_;
}

void io_service::wake() noexcept {
  try {
    const core::lock_guard lock(mutex_);
    if (stopped_) return;
    if (thread_ == nullptr) start_thread();
    return loop_->raise();
  } catch (...) {
    // This is the thread of a reader, who holds no lock.
    engine_.abort_queued(
        core::plain_error(error_kind::protocol,
                          "The thread that fetches values could not be started: there is no memory "
                          "for it, or the limit of threads is reached."),
        core::current_moment());
  }
}

void io_service::wake_after(std::chrono::nanoseconds delay) noexcept {
  if (gathering_.exchange(true, std::memory_order_acq_rel)) return;
  const auto now_then = [this] {
    gathering_.store(false, std::memory_order_release);
    drain();
  };
  try {
    const core::lock_guard lock(mutex_);
    if (stopped_) return;
    if (thread_ == nullptr) start_thread();
    return loop_->post([this, delay, now_then] {
      try {
        loop_->at(std::chrono::steady_clock::now() + delay, now_then);
      } catch (const std::bad_alloc&) {
        now_then();
      }
    });
  } catch (...) {
    gathering_.store(false, std::memory_order_release);
  }
  wake();  // which takes no memory, or says that there is no thread
}

void io_service::start_thread() {
  const net::signals_blocked inherited;
  thread_ = new std::thread([this, loop = loop_] {
    ::pthread_setname_np(::pthread_self(), "lambda-cache-io");
    loop->run([this] { engine_.abort_running(core::caught(), core::current_moment()); });
  });
}

void io_service::drain() noexcept {
  const core::moment now = core::current_moment();
  cache::work todo;
  try {
    todo = engine_.take_work(now);
  } catch (...) {
    return engine_.abort_queued(core::caught(), now);
  }
  for (auto& batch : todo.start) {
    try {
      batch.from->fetch(batch.flights);
    } catch (...) {
      for (const auto& flying : batch.flights)
        engine_.abort(flying, core::caught(), now);
    }
  }
  for (const auto& flying : todo.abandoned)
    flying->target()->origin->abandon(flying);
}

void io_service::run_on_loop(net::io_loop::task work) {
  {
    const core::lock_guard lock(mutex_);
    if (!stopped_ && thread_ != nullptr) return loop_->post(std::move(work));
  }
  work();
}

void io_service::finish_on_loop(net::io_loop::task work) {
  std::promise<void> done;
  run_on_loop([&] {
    try {
      std::exchange(work, {})();  // and what it holds is gone
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void io_service::stop() {
  std::thread* ended = nullptr;
  {
    const core::lock_guard lock(mutex_);
    stopped_ = true;
    ended = std::exchange(thread_, nullptr);
  }
  if (ended == nullptr) return;
  try {
    // Behind what was handed to run_on_loop(), which nobody else would do.
    loop_->post([loop = loop_] { loop->stop(); });
  } catch (const std::bad_alloc&) {
    loop_->stop();  // which then ends with the loop
  }
  ended->join();
  delete ended;
}

void io_service::before_fork() {
  mutex_.lock();
  // Without the lock, which the thread may want on its way; it may be started meanwhile.
  while (thread_ != nullptr && !standing_) {
    const auto standing = std::make_shared<standstill>();
    loop_->post([standing] { standing->hold(); });
    mutex_.unlock();
    standing->wait_until_held();
    mutex_.lock();
    standing_ = standing;
  }
}

void io_service::after_fork_in_parent() {
  if (standing_) standing_->let_go();
  standing_.reset();
  mutex_.unlock();
}

void io_service::after_fork_in_child() {
  // The old loop, its thread object and what that thread waits on are left as they are.
  loop_ = make_loop();
  thread_ = nullptr;
  if (standing_) new std::shared_ptr<standstill>(std::move(standing_));
  gathering_.store(false, std::memory_order_relaxed);
  mutex_.unlock();
}

}  // namespace lambda_cache::wiring
