#include "lambda/termination.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace lambda_cache::lambda {
namespace {

std::atomic<int> target{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void lambda_cache_on_sigterm(int /*signal*/) {
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(target.load(), &one, sizeof one);
  errno = saved;
}

}  // namespace

termination::termination() noexcept : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  struct sigaction present{};
  if (fd_ < 0 || ::sigaction(SIGTERM, nullptr, &present) != 0 || present.sa_handler != SIG_DFL)
    return;
  target = fd_;
  struct sigaction ours{};
  ours.sa_handler = &lambda_cache_on_sigterm;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  is_installed_ = ::sigaction(SIGTERM, &ours, nullptr) == 0;
}

termination::~termination() {
  if (is_installed_) {
    struct sigaction usual{};
    usual.sa_handler = SIG_DFL;
    sigemptyset(&usual.sa_mask);
    ::sigaction(SIGTERM, &usual, nullptr);
    target = -1;
  }
  if (fd_ >= 0) ::close(fd_);
}

bool termination::is_requested() const noexcept {
  pollfd asked{fd_, POLLIN, 0};
  return fd_ >= 0 && ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLIN) != 0;
}

}  // namespace lambda_cache::lambda
