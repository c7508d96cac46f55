// The test kit: puts a fake of the services in the place of every source.
#include <lambda_cache/testing.hpp>

#include "aws/text.hpp"
#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "sources/fake_services.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace lambda_cache {
inline namespace v0 {
namespace testing {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw error(core::make_error(error_kind::invalid_argument, std::move(message)));
}

template <class T>
T or_throw(core::result<T> got) {
  if (!got) throw error(std::move(got.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*got);
}

sources::fake_scope scope_of(std::string_view name, std::string_view service) {
  if (!service.empty() && service != "ssm" && service != "secretsmanager" && service != "s3")
    refuse("service=" + aws::text::quoted(service) + " is not 'ssm', 'secretsmanager' or 's3'.");
  return {std::string(service), std::string(name)};
}

}  // namespace

struct fake_cloud::state {
  const std::shared_ptr<sources::fake_services> services =
      std::make_shared<sources::fake_services>();
  mutable core::mutex mutex;
  bool started LC_GUARDED_BY(mutex) = false;
  core::nanos moved LC_GUARDED_BY(mutex) = 0;
  std::vector<std::shared_ptr<wiring::wired_cache>> serves LC_GUARDED_BY(mutex);
};

fake_cloud::fake_cloud() : fake_cloud(deferred) {
  start();
}

fake_cloud::fake_cloud(deferred_t) : state_(std::make_unique<state>()) {}

fake_cloud::~fake_cloud() {
  stop();
}

void fake_cloud::start() {
  const core::lock_guard lock(state_->mutex);
  if (state_->started) return;
  state_->services->open();
  const auto& shared = wiring::wired_cache::shared();
  shared->stand_in(state_->services);
  state_->serves.push_back(shared);
  state_->started = true;
}

void fake_cloud::stop() {
  const core::lock_guard lock(state_->mutex);
  if (!state_->started) return;
  state_->started = false;
  // A reader that is bound to it still must not bring a value back once the caches are empty.
  state_->services->close();
  for (const auto& cache : state_->serves)
    cache->stand_down(state_->services);
  state_->serves.clear();
  core::shift(-state_->moved, -state_->moved, -state_->moved);
  state_->moved = 0;
}

bool fake_cloud::is_started() const noexcept {
  const core::lock_guard lock(state_->mutex);
  return state_->started;
}

void fake_cloud::serve(const client& also) {
  const core::lock_guard lock(state_->mutex);
  if (!state_->started) refuse("Start the fake cloud before it serves a client.");
  if (std::ranges::find(state_->serves, also.internals()) != state_->serves.end()) return;
  also.internals()->stand_in(state_->services);
  state_->serves.push_back(also.internals());
}

std::int64_t fake_cloud::put_parameter(std::string_view name, std::string_view value,
                                       const parameter_options& how) {
  return or_throw(state_->services->with_parameters(
      [&](auto& all) { return all.put(name, value, how.type, how.labels); }));
}

void fake_cloud::label_parameter(std::string_view name, std::string_view label,
                                 std::int64_t version) {
  or_throw(state_->services->with_parameters(
      [&](auto& all) { return all.label(name, std::string(label), version); }));
}

std::string fake_cloud::put_secret(std::string_view name, std::string_view value,
                                   const secret_options& how) {
  return or_throw(state_->services->with_secrets([&](auto& all) {
    return all.put(name, value, {how.version_id, how.stages, how.is_binary});
  }));
}

std::string fake_cloud::put_object(std::string_view uri, std::string_view bytes,
                                   const object_options& how) {
  return or_throw(state_->services->with_objects(
      [&](auto& all) { return all.put(uri, bytes, {how.version_id, how.content_type}); }));
}

bool fake_cloud::remove_parameter(std::string_view name) {
  return state_->services->with_parameters([&](auto& all) { return all.remove(name); });
}

bool fake_cloud::remove_secret(std::string_view name) {
  return state_->services->with_secrets([&](auto& all) { return all.remove(name); });
}

bool fake_cloud::remove_object(std::string_view uri) {
  return state_->services->with_objects([&](auto& all) { return all.remove(uri); });
}

std::vector<std::string> fake_cloud::parameter_names() const {
  return state_->services->with_parameters([](auto& all) { return all.names(); });
}

std::vector<std::string> fake_cloud::secret_names() const {
  return state_->services->with_secrets([](auto& all) { return all.names(); });
}

std::vector<std::string> fake_cloud::object_names() const {
  return state_->services->with_objects([](auto& all) { return all.names(); });
}

void fake_cloud::move(std::chrono::nanoseconds time) {
  constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365 * 100);
  if (time.count() < 0) refuse("Time does not go back: move the clocks by 0 or more.");
  const core::lock_guard lock(state_->mutex);
  if (!state_->started) refuse("Start the fake cloud before it moves the clocks.");
  if (time.count() > longest.count() - state_->moved)
    refuse("The clocks cannot be moved by more than a hundred years.");
  state_->moved += time.count();
  core::shift(time.count(), time.count(), time.count());
}

void fake_cloud::fail(std::string_view name, std::string_view code, const failure_options& how) {
  if (code.empty()) refuse("The code to fail with is empty: name one, \"ThrottlingException\".");
  or_throw(state_->services->fail({.scope = scope_of(name, how.service),
                                   .kind = error_kind::rejected,
                                   .code = std::string(code),
                                   .times = how.times}));
}

void fake_cloud::fail(std::string_view name, error_kind why, const failure_options& how) {
  or_throw(state_->services->fail(
      {.scope = scope_of(name, how.service), .kind = why, .code = {}, .times = how.times}));
}

void fake_cloud::recover(std::string_view name, std::string_view service) {
  state_->services->recover(scope_of(name, service));
}

void fake_cloud::hang(std::string_view name, std::string_view service) {
  state_->services->hang(scope_of(name, service));
}

void fake_cloud::release(std::string_view name, std::string_view service) {
  state_->services->release(scope_of(name, service));
}

std::vector<call> fake_cloud::calls() const {
  std::vector<call> out;
  for (sources::fake_call& each : state_->services->calls())
    out.push_back({std::move(each.service), std::move(each.operation), std::move(each.names)});
  return out;
}

std::size_t fake_cloud::call_count(std::string_view name, std::string_view service) const {
  return state_->services->count_calls(scope_of(name, service));
}

void fake_cloud::forget_calls() {
  state_->services->forget_calls();
}

bool fake_cloud::wait_for_calls(std::size_t count, std::string_view name, std::string_view service,
                                std::chrono::nanoseconds at_most) const {
  const std::chrono::nanoseconds longest = std::chrono::hours(24);
  return state_->services->wait_for_calls(
      count, scope_of(name, service),
      std::chrono::steady_clock::now() + std::min(at_most, longest));
}

}  // namespace testing
}  // namespace v0
}  // namespace lambda_cache
