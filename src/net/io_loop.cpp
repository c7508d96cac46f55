#include "net/io_loop.hpp"

#include "net/io_loop_internals.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace lambda_cache::net {

namespace asio = boost::asio;

struct loop_mailbox::shared {
  std::mutex mutex;
  asio::io_context* context = nullptr;
};

// Timers are kept here and not in Asio, so that arming and cancelling the timers of a request costs
// no system call and, what is more, cannot fail: the loop waits for sockets until the first is due.
struct io_loop::impl {
  /// Drops what was never run.
  struct late_list {
    late* first = nullptr;
    late* last = nullptr;

    late_list() = default;
    ~late_list() { drop(); }
    late_list(const late_list&) = delete;
    late_list& operator=(const late_list&) = delete;

    [[nodiscard]] late* take() noexcept {
      last = nullptr;
      return std::exchange(first, nullptr);
    }
    void drop() noexcept {
      while (late* next = take()) {
        while (next != nullptr)
          std::exchange(next, next->next_)->drop_late();
      }
    }
  };
  using timer_key = std::pair<core::deadline, timer_id>;

  // Destroyed last: tasks destroyed with the context may still cancel timers.
  std::map<timer_key, task> timers;
  std::unordered_map<timer_id, core::deadline> due;
  timer_id next_timer = 1;
  late_list put_off;
  std::exception_ptr failure;

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::shared_ptr<loop_mailbox::shared> mailbox = std::make_shared<loop_mailbox::shared>();
  task signalled;
  std::atomic<bool> raised{false};
  std::atomic<bool> stopped{false};

  impl() { mailbox->context = &context; }

  ~impl() {
    {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->context = nullptr;
    }
    put_off.drop();
    due.clear();
    const auto doomed = std::exchange(timers, {});
  }

  /// Interrupts the wait for sockets. The context is started again by the next turn.
  void interrupt() noexcept {
    try {
      context.stop();
    } catch (...) {  // NOLINT(bugprone-empty-catch): stop() locks a mutex and writes to a pipe
    }
  }

  template <class Work>
  void guarded(Work&& run) noexcept {
    try {
      run();
    } catch (...) {
      failure = std::current_exception();
    }
  }

  // What they put off themselves waits for the next turn, so that it cannot starve I/O.
  void run_late() noexcept {
    for (late* next = put_off.take(); next != nullptr;) {
      late* const present = std::exchange(next, next->next_);
      present->next_ = nullptr;
      guarded([&] { present->run_late(); });
    }
  }

  void fire() noexcept {
    if (timers.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    // As above.
    const auto first_new = next_timer;
    while (!timers.empty()) {
      const auto next = timers.begin();
      if (next->first.first > now || next->first.second >= first_new) break;
      const auto work_now = timers.extract(next);
      due.erase(work_now.key().second);
      guarded([&] { work_now.mapped()(); });
    }
  }

  /// One handler of Asio's, or nothing, when something else is to be done first.
  void wait() noexcept {
    guarded([this] {
      const auto until = timers.empty() ? core::no_deadline : timers.begin()->first.first;
      if (put_off.first != nullptr || until <= std::chrono::steady_clock::now()) {
        context.poll_one();
      } else if (until == core::no_deadline) {
        context.run_one();
      } else {
        context.run_one_until(until);
      }
    });
  }

  void turn() noexcept {
    // In this order: who interrupts says why first.
    context.restart();
    if (raised.exchange(false, std::memory_order_acq_rel)) guarded([this] { signalled(); });
    if (!stopped.load(std::memory_order_acquire)) wait();
    run_late();
    fire();
  }
};

io_loop::io_loop() : impl_(std::make_unique<impl>()) {}
io_loop::~io_loop() = default;

void io_loop::run(const std::function<void()>& on_failure) {
  while (!impl_->stopped.load(std::memory_order_acquire)) {
    impl_->turn();
    if (!impl_->failure) continue;
    try {
      std::rethrow_exception(std::exchange(impl_->failure, nullptr));
    } catch (...) {
      if (!on_failure) throw;
      on_failure();
    }
  }
}

void io_loop::stop() noexcept {
  impl_->stopped.store(true, std::memory_order_release);
  impl_->interrupt();
}

void io_loop::on_signal(task work) {
  impl_->signalled = std::move(work);
}

void io_loop::raise() noexcept {
  if (!impl_->raised.exchange(true, std::memory_order_acq_rel)) impl_->interrupt();
}

void io_loop::post(task work) {
  asio::post(impl_->context, std::move(work));
}

void io_loop::soon(late& work) noexcept {
  impl::late_list& list = impl_->put_off;
  (list.last == nullptr ? list.first : list.last->next_) = &work;
  list.last = &work;
}

void io_loop::note_failure() noexcept {
  impl_->failure = std::current_exception();
}

io_loop::timer_id io_loop::at(core::deadline when, task work) {
  const auto id = impl_->next_timer++;
  const auto due = impl_->due.emplace(id, when).first;
  try {
    impl_->timers.emplace(impl::timer_key{when, id}, std::move(work));
  } catch (...) {
    impl_->due.erase(due);
    throw;
  }
  return id;
}

void io_loop::cancel(timer_id id) noexcept {
  const auto found = impl_->due.find(id);
  if (found == impl_->due.end()) return;
  const auto doomed = impl_->timers.extract({found->second, id});
  impl_->due.erase(found);
}

loop_mailbox::loop_mailbox(io_loop& loop) : shared_(loop.internals().mailbox) {}

void loop_mailbox::post(io_loop::task work) const {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->context != nullptr) asio::post(*shared_->context, std::move(work));
}

struct fd_watch::state {
  state(asio::io_context& context, ready_handler& to_tell) : descriptor(context), owner(&to_tell) {}

  asio::posix::stream_descriptor descriptor;
  ready_handler* owner;
  // Waits of an earlier socket must not end those of the present one.
  unsigned generation = 0;
  bool reading = false;
  bool writing = false;

  static void wait(const std::shared_ptr<state>& self, bool state::* pending,
                   asio::posix::stream_descriptor::wait_type what) {
    if ((*self).*pending) return;
    self->descriptor.async_wait(
        what, [self, pending, generation = self->generation](const auto& failed) {
          if (failed || generation != self->generation || self->owner == nullptr) return;
          (*self).*pending = false;
          self->owner->on_ready();
        });
    (*self).*pending = true;
  }
};

fd_watch::fd_watch(io_loop& loop, ready_handler& owner)
    : state_(std::make_shared<state>(loop.internals().context, owner)) {}

fd_watch::~fd_watch() {
  state_->owner = nullptr;
  detach();
}

void fd_watch::attach(int fd) {
  state_->descriptor.assign(fd);
}

void fd_watch::detach() noexcept {
  ++state_->generation;
  state_->reading = false;
  state_->writing = false;
  if (state_->descriptor.is_open()) state_->descriptor.release();
}

void fd_watch::wait_readable() {
  state::wait(state_, &state::reading, asio::posix::stream_descriptor::wait_read);
}

void fd_watch::wait_writable() {
  state::wait(state_, &state::writing, asio::posix::stream_descriptor::wait_write);
}

void fd_watch::wake() {
  asio::post(state_->descriptor.get_executor(), [self = state_, generation = state_->generation] {
    if (generation == self->generation && self->owner != nullptr) self->owner->on_ready();
  });
}

}  // namespace lambda_cache::net
