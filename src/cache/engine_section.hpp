// The lock of the engine, and what leaves it. Included by the engine's own files only.
#pragma once

#include "cache/engine.hpp"

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

[[nodiscard]] inline error_info cancelled_error(const entry& e, const char* because) {
  error_info why;
  why.kind = error_kind::cancelled;
  why.name = e.locator;
  why.message = "The read of " + e.locator + " was given up: " + because;
  return why;
}

}  // namespace lambda_cache::cache
