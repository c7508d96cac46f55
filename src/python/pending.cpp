#include "python/pending.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lambda_cache::python {
namespace {

/// How often those who want to know are told how far downloads have come.
constexpr std::chrono::milliseconds progress_slice{100};

}  // namespace

pending::pending(std::span<reader* const> readers, PyObject* context)
    : notified_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), round_(readers) {
  if (notified_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  try {
    round_.start(context, notified_);
  } catch (...) {
    ::close(notified_);
    throw;
  }
}

pending::~pending() {
  close();
}

void pending::close() noexcept {
  if (notified_ < 0) return;
  // The descriptor may be written to until everything is there or given up.
  round_.give_up();
  ::close(std::exchange(notified_, -1));
}

bool pending::done() {
  const bool there = round_.poll();
  // The event loop has nowhere to put an error of a callback.
  if (!round_.tell_progress()) PyErr_WriteUnraisable(nullptr);
  return there;
}

double pending::seconds_to_look() {
  core::deadline wake = round_.next_wake();
  if (round_.has_progress())
    wake = std::min(wake, std::chrono::steady_clock::now() + progress_slice);
  if (wake == core::no_deadline) return -1;
  const std::chrono::duration<double> left = wake - std::chrono::steady_clock::now();
  return std::max(left.count(), 0.0);
}

}  // namespace lambda_cache::python
