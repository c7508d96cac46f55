#include "wiring/io_service.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <pthread.h>
#include <signal.h>
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

io_service::io_service(cache::engine& engine) : engine_(engine), loop_(new net::io_loop()) {}

io_service::~io_service() {
  stop();
  delete loop_;
}

void io_service::wake() {
  if (looking_.exchange(true, std::memory_order_acq_rel)) return;
  const core::lock_guard lock(mutex_);
  if (stopped_) return;
  if (thread_ == nullptr) start_thread();
  loop_->post([this] { drain(); });
}

void io_service::wake_after(std::chrono::nanoseconds delay) {
  if (gathering_.exchange(true, std::memory_order_acq_rel)) return;
  const core::lock_guard lock(mutex_);
  if (stopped_) return;
  if (thread_ == nullptr) start_thread();
  loop_->post([this, delay] {
    loop_->at(std::chrono::steady_clock::now() + delay, [this] {
      gathering_.store(false, std::memory_order_release);
      drain();
    });
  });
}

void io_service::start_thread() {
  // Signals belong to the program's threads (Python's main thread waits for Ctrl-C).
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = new std::thread([loop = loop_] {
    ::pthread_setname_np(::pthread_self(), "lambda-cache-io");
    loop->run();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void io_service::drain() {
  looking_.store(false, std::memory_order_release);
  cache::work todo = engine_.take_work(core::current_moment());
  for (auto& batch : todo.start)
    batch.from->fetch(std::move(batch.flights));
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
    std::exchange(work, {})();  // and what it holds is gone
    done.set_value();
  });
  done.get_future().wait();
}

void io_service::stop() {
  std::thread* ended = nullptr;
  {
    const core::lock_guard lock(mutex_);
    stopped_ = true;
    ended = std::exchange(thread_, nullptr);
  }
  if (ended == nullptr) return;
  // Behind what was handed to run_on_loop(), which nobody else would do.
  loop_->post([loop = loop_] { loop->stop(); });
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
  loop_ = new net::io_loop();
  thread_ = nullptr;
  if (standing_) new std::shared_ptr<standstill>(std::move(standing_));
  looking_.store(false, std::memory_order_relaxed);
  gathering_.store(false, std::memory_order_relaxed);
  mutex_.unlock();
}

}  // namespace lambda_cache::wiring
