// fork(): keeps every cache consistent in the parent, and makes it work in the child.
#pragma once

namespace lambda_cache::wiring {

class wired_cache;

/// Every cache is registered here; the handlers of pthread_atfork() are installed with the first.
class fork_guard {
 public:
  static void add(wired_cache& cache);
  static void remove(wired_cache& cache);

 private:
  static void before();
  static void in_parent();
  static void in_child();
};

}  // namespace lambda_cache::wiring
