#include "sources/fake_services.hpp"

#include "sources/fake_source.hpp"

#include <algorithm>
#include <new>

namespace lambda_cache::sources {
namespace {

bool same(const fake_scope& one, const fake_scope& other) {
  return one.service == other.service && one.name == other.name;
}

bool is_everything(const fake_scope& scope) {
  return scope.service.empty() && scope.name.empty();
}

}  // namespace

bool fake_scope::covers(std::string_view of_service, std::string_view asked) const {
  return (service.empty() || service == of_service) &&
         (name.empty() || means(of_service, name, asked));
}

fake_services::fake_services() = default;
fake_services::~fake_services() = default;

core::result<void> fake_services::fail(fake_failure how) {
  if (how.code.empty() && (how.kind == error_kind::invalid_argument ||
                           how.kind == error_kind::transform || how.kind == error_kind::cancelled))
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "No service fails with '" + std::string(to_string(how.kind)) +
            "': it is what the library says of a call, a value or a wait. Put a value that does "
            "not fit, or leave the wait."));
  if (how.times && *how.times < 1)
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "times=" + std::to_string(*how.times) +
                             " has to be 1 or more; leave it out to fail until recover()."));
  const core::lock_guard lock(mutex_);
  failures_.push_back(std::move(how));
  return {};
}

void fake_services::recover(const fake_scope& scope) {
  const core::lock_guard lock(mutex_);
  std::erase_if(failures_, [&](const fake_failure& each) {
    return is_everything(scope) || same(each.scope, scope);
  });
}

void fake_services::hang(fake_scope scope) {
  const core::lock_guard lock(mutex_);
  hangs_.push_back(std::move(scope));
}

void fake_services::release(const fake_scope& scope) {
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    std::erase_if(
        hangs_, [&](const fake_scope& each) { return is_everything(scope) || same(each, scope); });
    std::vector<asked> still;
    for (asked& each : waiting_) {
      if (hangs_now(each))
        still.push_back(std::move(each));
      else
        done.push_back(settle(std::move(each)));
    }
    waiting_ = std::move(still);
  }
  deliver(done);
}

std::vector<fake_call> fake_services::calls() const {
  const core::lock_guard lock(mutex_);
  return calls_;
}

void fake_services::forget_calls() {
  const core::lock_guard lock(mutex_);
  calls_.clear();
}

std::size_t fake_services::count_calls(const fake_scope& scope) const {
  const core::lock_guard lock(mutex_);
  return matching_calls(scope);
}

std::uint64_t fake_services::call_count() const {
  const core::lock_guard lock(mutex_);
  return call_count_;
}

std::size_t fake_services::matching_calls(const fake_scope& scope) const {
  return static_cast<std::size_t>(std::ranges::count_if(calls_, [&](const fake_call& call) {
    return std::ranges::any_of(
        call.names, [&](const std::string& name) { return scope.covers(call.service, name); });
  }));
}

bool fake_services::wait_for_calls(std::size_t count, const fake_scope& scope,
                                   core::deadline until) const {
  std::unique_lock lock(mutex_.native());
  while (matching_calls(scope) < count)
    if (called_.wait_until(lock, until) == std::cv_status::timeout)
      return matching_calls(scope) >= count;
  return true;
}

void fake_services::open() {
  const core::lock_guard lock(mutex_);
  is_open_ = true;
}

void fake_services::close() {
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    is_open_ = false;
    hangs_.clear();
    for (asked& each : waiting_)
      done.push_back(settle(std::move(each)));
    waiting_.clear();
  }
  deliver(done);
}

std::shared_ptr<remote_source> fake_services::make(cache::engine& engine, stand_in_part part) {
  return std::make_shared<source>(shared_from_this(), engine, std::move(part));
}

void fake_services::set_progress(source& from, const cache::entry& of, progress_callback tell) {
  const core::lock_guard lock(mutex_);
  if (tell)
    from.progress[of.key] = std::move(tell);
  else
    from.progress.erase(of.key);
}

void fake_services::abandon(const cache::flight_ptr& flight) noexcept {
  const core::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const asked& each) { return each.flight == flight; });
}

void fake_services::drop_all_of(const source& from) {
  const core::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const asked& each) { return each.from.get() == &from; });
}

void fake_services::before_fork() {
  if (forks_++ == 0) mutex_.lock();
}

void fake_services::after_fork_in_parent() {
  if (--forks_ == 0) mutex_.unlock();
}

void fake_services::after_fork_in_child() {
  if (--forks_ != 0) return;
  // Nobody of this process waits for these, nor for the calls.
  waiting_.clear();
  ::new (&called_) std::condition_variable();
  mutex_.unlock();
}

}  // namespace lambda_cache::sources
