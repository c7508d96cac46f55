// Deadlines from now on, for spans of any length.
#pragma once

#include "core/clock.hpp"

#include <chrono>

namespace lambda_cache::net {

/// `from + span`, or no deadline where the clock's range ends before that.
[[nodiscard]] inline core::deadline add_span(core::deadline from, std::chrono::milliseconds span) {
  using std::chrono::duration_cast;
  const auto left = duration_cast<std::chrono::milliseconds>(core::no_deadline - from);
  return left <= span ? core::no_deadline : from + span;
}

}  // namespace lambda_cache::net
