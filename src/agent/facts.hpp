// What the agent's pages about itself are made from.
#pragma once

#include "agent/settings.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <string_view>

namespace lambda_cache::wiring {
class wired_cache;
}

namespace lambda_cache::agent {

class request_counts;

/// As of one moment.
struct facts {
  const settings& how;
  wiring::wired_cache& cache;
  const request_counts& requests;
  std::string_view version;
  std::size_t connections = 0;  // open now
  core::nanos uptime = 0;
  core::instant now = {};
};

[[nodiscard]] constexpr std::string_view text_of(compatibility mode) noexcept {
  return mode == compatibility::agent ? "agent" : "extension";
}

/// A duration in seconds, for pages.
[[nodiscard]] constexpr double in_seconds(core::nanos time) noexcept {
  return static_cast<double>(time) / static_cast<double>(core::second);
}

}  // namespace lambda_cache::agent
