// The lock of the engine, and what leaves it. Included by the engine's own files only.
#pragma once

#include "cache/engine.hpp"
#include "cache/policy.hpp"

#include <utility>

namespace lambda_cache::cache {

/// An outcome on its way to its waiter.
struct engine::delivery {
  std::shared_ptr<waiter> who;
  std::size_t index;
  outcome result;
};

/// Holds the engine's mutex. Values are type-erased: destroying one may run code of a source or a
/// language, so those dropped inside are destroyed after the mutex is released.
class LC_THREAD(scoped_lockable) engine::section {
 public:
  explicit section(engine& owner) LC_THREAD(acquire_capability(owner.mutex_)) : owner_(owner) {
    owner_.mutex_.lock();
  }
  ~section() LC_THREAD(release_capability()) {
    dropped_.swap(owner_.dropped_);
    owner_.mutex_.unlock();
  }
  section(const section&) = delete;
  section& operator=(const section&) = delete;

 private:
  engine& owner_;
  std::vector<snapshot_ptr> dropped_;
};

[[nodiscard]] inline outcome failed_outcome(const error_info& why) {
  outcome out;
  out.failure = why;
  return out;
}

[[nodiscard]] inline outcome value_outcome(origin from, snapshot_ptr value) {
  outcome out;
  out.from = from;
  out.value = std::move(value);
  return out;
}

[[nodiscard]] inline outcome stale_outcome(snapshot_ptr value,
                                           const std::optional<error_info>& why) {
  outcome out = value_outcome(origin::stale, std::move(value));
  out.failure = why;
  return out;
}

/// Whether the present value may stand in for a failed refresh.
[[nodiscard]] inline bool servable_stale(const snapshot_ptr& value, core::nanos max_age,
                                         core::nanos stale_if_error,
                                         const core::instant& now) noexcept {
  if (!value || max_age == 0 || stale_if_error == 0) return false;
  return age_of(value->request_start, now).age <
         saturating_add(value->lifetime(max_age), stale_if_error);
}

[[nodiscard]] inline error_info cancelled_error(const entry& e, const char* because) {
  error_info why;
  why.kind = error_kind::cancelled;
  why.name = e.locator;
  why.message = "The read of " + e.locator + " was given up: " + because;
  return why;
}

}  // namespace lambda_cache::cache
