// The running invocation's deadline, known to the thread that runs it.
#pragma once

#include "core/clock.hpp"

#include <chrono>

namespace lambda_cache::core {

/// Left between the end of a fetch and the end of the invocation, to answer with an error.
inline constexpr std::chrono::milliseconds invocation_margin{200};

/// When the invocation that this thread runs will be killed; no_deadline outside one.
[[nodiscard]] deadline invocation_deadline() noexcept;

/// Makes a deadline known to this thread for the life of the object; nests.
class invocation_scope {
 public:
  explicit invocation_scope(deadline until) noexcept;
  ~invocation_scope();
  invocation_scope(const invocation_scope&) = delete;
  invocation_scope& operator=(const invocation_scope&) = delete;

 private:
  deadline outer_;
};

}  // namespace lambda_cache::core
