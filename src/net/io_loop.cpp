#include "net/io_loop.hpp"

#include "net/io_loop_internals.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

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
// no system call: the kernel's timer is set only when something earlier than before is wanted, and
// an alarm for a timer that was cancelled meanwhile is ignored.
struct io_loop::impl {
  using timer_key = std::pair<core::deadline, timer_id>;

  // Destroyed last: tasks destroyed with the context may still cancel timers.
  std::map<timer_key, task> timers;
  std::unordered_map<timer_id, core::deadline> due;
  timer_id next_timer = 1;
  core::deadline armed = core::no_deadline;

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer alarm{context};
  std::shared_ptr<loop_mailbox::shared> mailbox = std::make_shared<loop_mailbox::shared>();

  impl() { mailbox->context = &context; }

  ~impl() {
    {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->context = nullptr;
    }
    due.clear();
    const auto doomed = std::exchange(timers, {});
  }

  void arm() {
    if (timers.empty()) return;
    const auto earliest = timers.begin()->first.first;
    if (earliest >= armed) return;
    armed = earliest;
    alarm.expires_at(earliest);
    alarm.async_wait([this](const boost::system::error_code& failed) {
      if (!failed) fire();
    });
  }

  void fire() {
    armed = core::no_deadline;
    const auto now = std::chrono::steady_clock::now();
    // Timers set by the tasks themselves wait for the next turn, so that they cannot starve I/O.
    const auto first_new = next_timer;
    while (!timers.empty()) {
      const auto next = timers.begin();
      if (next->first.first > now || next->first.second >= first_new) break;
      const auto work_now = timers.extract(next);
      due.erase(work_now.key().second);
      work_now.mapped()();
    }
    arm();
  }
};

io_loop::io_loop() : impl_(std::make_unique<impl>()) {}
io_loop::~io_loop() = default;

void io_loop::run() {
  impl_->context.run();
}

void io_loop::stop() noexcept {
  impl_->context.stop();
}

void io_loop::post(task work) {
  asio::post(impl_->context, std::move(work));
}

io_loop::timer_id io_loop::at(core::deadline when, task work) {
  const auto id = impl_->next_timer++;
  impl_->timers.emplace(impl::timer_key{when, id}, std::move(work));
  impl_->due.emplace(id, when);
  impl_->arm();
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
    if (std::exchange((*self).*pending, true)) return;
    self->descriptor.async_wait(
        what, [self, pending, generation = self->generation](const auto& failed) {
          if (failed || generation != self->generation || self->owner == nullptr) return;
          (*self).*pending = false;
          self->owner->on_ready();
        });
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
