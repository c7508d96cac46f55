#include "cli/interrupts.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <new>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace lambda_cache::cli {
namespace {

constexpr std::array ending = {SIGINT, SIGTERM, SIGHUP};

// What the handler may touch.
std::atomic<int> came{0};
std::atomic<int> noticed_by{-1};

void note(int number) {
  const int before = errno;
  int none = 0;
  came.compare_exchange_strong(none, number);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(noticed_by.load(), &one, sizeof one);
  errno = before;
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  // Without SA_RESTART: a write that blocks ends.
  ::sigaction(number, &action, nullptr);
}

}  // namespace

interrupts::interrupts() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::bad_alloc();
  came = 0;
  noticed_by = descriptor_;
  for (const int number : ending) {
    // What whoever started us wants ignored (nohup) stays so.
    struct sigaction present = {};
    ::sigaction(number, nullptr, &present);
    if (present.sa_handler != SIG_IGN) set_handler(number, note);
  }
  set_handler(SIGPIPE, SIG_IGN);
}

interrupts::~interrupts() {
  for (const int number : ending) {
    struct sigaction present = {};
    ::sigaction(number, nullptr, &present);
    if (present.sa_handler == note) set_handler(number, SIG_DFL);
  }
  set_handler(SIGPIPE, SIG_DFL);
  noticed_by = -1;
  ::close(descriptor_);
}

int interrupts::signal() const noexcept {
  return came.load();
}

}  // namespace lambda_cache::cli
