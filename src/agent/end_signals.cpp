#include "agent/end_signals.hpp"

#include <initializer_list>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

/// Ends the process by the signal itself; the first process of a container, which no signal ends by
/// itself, by the status that stands for it.
void end_at_once(int number) {
  ::raise(number);
  ::_exit(128 + number);
}

}  // namespace

end_signals::end_signals() {
  ::sigemptyset(&those_);
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
    // What whoever started us wants ignored stays so; it would not be while it waits here.
    struct sigaction present = {};
    ::sigaction(each, nullptr, &present);
    if (present.sa_handler != SIG_IGN) ::sigaddset(&those_, each);
  }
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
  struct sigaction action = {};
  action.sa_handler = end_at_once;
  action.sa_flags = static_cast<int>(SA_NODEFER | SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (const int each : {SIGINT, SIGTERM, SIGHUP})
    if (::sigismember(&those_, each) == 1) ::sigaction(each, &action, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &those_, nullptr);
}

}  // namespace lambda_cache::agent
