#include "wiring/read_operation.hpp"

#include "core/object_data.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <new>
#include <unistd.h>
#include <utility>

namespace lambda_cache::wiring {
namespace {

std::string limit_text(const read_item& item) {
  const std::string& name = item.request.target->locator;
  if (item.limited_by == time_limit::invocation)
    return "Timed out reading " + name +
           ": the invocation's deadline is too close to wait longer. Give the function more time, "
           "or read the value earlier.";
  return "Timed out reading " + name +
         ": no answer within timeout_seconds. Is the endpoint reachable from this network (VPC "
         "endpoint, security group, NAT)?";
}

error_info given_up(const std::string& name) {
  error_info why =
      core::make_error(error_kind::cancelled, "Reading " + name + " was given up by the caller.");
  why.name = name;
  return why;
}

/// A file that somebody removed or changed is fetched anew, by all who miss it together.
void forget_lost_file(cache::engine& engine, const cache::entry_ptr& of) {
  const auto present = engine.current(*of).first;
  if (present && !is_file_there(*present)) engine.invalidate(of);
}

}  // namespace

bool is_file_there(const cache::snapshot& value) {
  const auto data = value.as<core::value_data>();
  return data->kind != core::value_kind::file ||
         core::is_intact(static_cast<const core::object_data&>(*data));
}

std::shared_ptr<read_operation> read_operation::start(wired_cache& in, std::vector<read_item> items,
                                                      int notify_fd) {
  return begin(std::shared_ptr<read_operation>(new read_operation(in, notify_fd, {})),
               std::move(items));
}

std::shared_ptr<read_operation> read_operation::start(wired_cache& in, std::vector<read_item> items,
                                                      std::function<void()> notify) {
  return begin(std::shared_ptr<read_operation>(new read_operation(in, -1, std::move(notify))),
               std::move(items));
}

std::shared_ptr<read_operation> read_operation::begin(std::shared_ptr<read_operation> made,
                                                      std::vector<read_item> items) {
  wired_cache& in = made->in_;
  std::vector<cache::read_request> requests;
  requests.reserve(items.size());
  for (const read_item& item : items) {
    if (item.is_file) forget_lost_file(in.engine(), item.request.target);
    requests.push_back(item.request);
  }
  made->items_ = std::move(items);
  made->places_.resize(requests.size());
  made->outcomes_.resize(requests.size());
  made->missing_ = requests.size();
  for (place& at : made->places_)
    at.open = true;

  auto admitted = in.engine().read(requests, made, core::current_moment());
  const std::lock_guard lock(made->mutex_);
  for (std::size_t i = 0; i < admitted.size(); ++i) {
    if (admitted[i].settled) {
      made->settle_locked(i, std::move(*admitted[i].settled));
    } else {
      made->places_[i].ticket = std::move(admitted[i].place);
      made->places_[i].wake_at = admitted[i].wake_at;
    }
  }
  return made;
}

void read_operation::settled(std::size_t index, cache::outcome result) noexcept {
  // The flight may notice first that the time is over; it does not know whose limit it was.
  if (!result.ok() && result.failure && result.failure->kind == error_kind::timeout &&
      items_[index].request.deadline <= std::chrono::steady_clock::now()) {
    try {
      result.failure->message = limit_text(items_[index]);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the flight's words will do
    }
  }
  bool is_last = false;
  {
    const std::lock_guard lock(mutex_);
    is_last = settle_locked(index, std::move(result));
  }
  // Woken under the lock, the reader would only go back to sleep on it.
  if (is_last) arrived_.notify_all();
}

bool read_operation::settle_locked(std::size_t index, cache::outcome result) {
  place& at = places_[index];
  if (!at.open) return false;
  at.open = false;
  at.ticket = {};
  outcomes_[index] = std::move(result);
  if (--missing_ != 0) return false;
  if (notify_fd_ >= 0) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(notify_fd_, &one, sizeof one);
  }
  if (notify_) {
    try {
      notify_();
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): next_wake() comes
    }
  }
  return true;
}

bool read_operation::wait(core::deadline until) {
  for (;;) {
    leave_overdue(std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    if (missing_ == 0) return true;
    core::deadline wake = until;
    for (const place& at : places_)
      if (at.open) wake = std::min(wake, at.wake_at);
    if (wake == core::no_deadline)
      arrived_.wait(lock, [&] { return missing_ == 0; });
    else
      arrived_.wait_until(lock, wake, [&] { return missing_ == 0; });
    if (missing_ == 0) return true;
    lock.unlock();
    const core::deadline now = std::chrono::steady_clock::now();
    if (now >= until) {
      leave_overdue(now);
      const std::lock_guard again(mutex_);
      return missing_ == 0;
    }
  }
}

bool read_operation::poll() {
  leave_overdue(std::chrono::steady_clock::now());
  const std::lock_guard lock(mutex_);
  return missing_ == 0;
}

core::deadline read_operation::next_wake() {
  const std::lock_guard lock(mutex_);
  core::deadline wake = core::no_deadline;
  for (const place& at : places_)
    if (at.open) wake = std::min(wake, at.wake_at);
  return wake;
}

/// The engine is asked without our lock: it may be on its way to settled().
void read_operation::leave_overdue(core::deadline now) {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    cache::ticket ticket;
    {
      const std::lock_guard lock(mutex_);
      if (!places_[i].open || places_[i].wake_at > now) continue;
      ticket = places_[i].ticket;
    }
    // Asked once; then settled() is under way, unless the engine says that there is more time.
    core::deadline longer = core::no_deadline;
    auto left = in_.engine().leave(ticket, core::current_moment(), &longer);
    if (left && !left->ok() && left->failure->kind == error_kind::timeout)
      left->failure->message = limit_text(items_[i]);
    const std::lock_guard lock(mutex_);
    places_[i].wake_at = longer;
    if (left) settle_locked(i, std::move(*left));
  }
}

void read_operation::give_up() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    cache::ticket ticket;
    {
      const std::lock_guard lock(mutex_);
      if (!places_[i].open) continue;
      ticket = places_[i].ticket;
    }
    // Nothing left to leave: the outcome is on its way and comes too late.
    (void)in_.engine().leave(ticket, core::current_moment());
    cache::outcome out;
    out.failure = given_up(items_[i].request.target->locator);
    const std::lock_guard lock(mutex_);
    settle_locked(i, std::move(out));
  }
}

}  // namespace lambda_cache::wiring
