// Threads of ours are started with every signal blocked: signals belong to the program's threads.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace lambda_cache::net {

/// While it lives, a thread that is started inherits that every signal is blocked.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace lambda_cache::net
