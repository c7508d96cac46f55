#include "agent/end_signals.hpp"

#include <initializer_list>

namespace lambda_cache::agent {

end_signals::end_signals() {
  ::sigemptyset(&those_);
  for (const int each : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&those_, each);
  ::pthread_sigmask(SIG_BLOCK, &those_, &before_);
  ::signal(SIGPIPE, SIG_IGN);
}

end_signals::~end_signals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int end_signals::wait() noexcept {
  for (;;)
    if (const int came = ::sigwaitinfo(&those_, nullptr); came > 0) return came;
}

void end_signals::let_through() noexcept {
  ::pthread_sigmask(SIG_UNBLOCK, &those_, nullptr);
}

}  // namespace lambda_cache::agent
