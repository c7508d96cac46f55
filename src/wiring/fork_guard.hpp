// fork(): keeps every cache consistent in the parent, and makes it work in the child.
#pragma once

#include "core/mutex.hpp"

namespace lambda_cache::wiring {

class wired_cache;

/// Every cache is registered here; the handlers of pthread_atfork() are installed with the first.
class fork_guard {
 public:
  static void add(wired_cache& cache);
  static void remove(wired_cache& cache);

 private:
  // Locks are taken in one and released in the others.
  static void before() LC_THREAD(no_thread_safety_analysis);
  static void in_parent() LC_THREAD(no_thread_safety_analysis);
  static void in_child() LC_THREAD(no_thread_safety_analysis);
};

}  // namespace lambda_cache::wiring
