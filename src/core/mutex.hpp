// std::mutex with the annotations that clang's thread-safety analysis checks.
#pragma once

#include <mutex>

#if defined(__clang__)
#define LC_THREAD(x) __attribute__((x))
#else
#define LC_THREAD(x)
#endif
#define LC_GUARDED_BY(m) LC_THREAD(guarded_by(m))
#define LC_REQUIRES(m) LC_THREAD(requires_capability(m))
#define LC_EXCLUDES(m) LC_THREAD(locks_excluded(m))
#define LC_RETURN_CAPABILITY(m) LC_THREAD(lock_returned(m))

namespace lambda_cache::core {

class LC_THREAD(capability("mutex")) mutex {
 public:
  void lock() LC_THREAD(acquire_capability()) { mutex_.lock(); }
  void unlock() LC_THREAD(release_capability()) { mutex_.unlock(); }
  /// For std::condition_variable, which wants the standard type.
  [[nodiscard]] std::mutex& native() LC_RETURN_CAPABILITY(this) { return mutex_; }

 private:
  std::mutex mutex_;
};

class LC_THREAD(scoped_lockable) lock_guard {
 public:
  explicit lock_guard(mutex& m) LC_THREAD(acquire_capability(m)) : mutex_(m) { mutex_.lock(); }
  ~lock_guard() LC_THREAD(release_capability()) { mutex_.unlock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;

 private:
  mutex& mutex_;
};

}  // namespace lambda_cache::core
