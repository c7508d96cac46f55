// Whether the agent serves, and whether AWS answers it.
#pragma once

#include "agent/facts.hpp"
#include "cache/engine.hpp"
#include "core/secret_memory.hpp"

#include <cstddef>
#include <set>
#include <span>
#include <string_view>

namespace lambda_cache::agent {

struct health {
  std::size_t entries = 0;             // values held
  std::size_t failing = 0;             // entries whose last fetch failed lately
  std::set<std::string_view> reasons;  // the kinds of error of these

  [[nodiscard]] std::string_view status() const noexcept {
    return failing == 0 ? "ok" : "degraded";
  }
};

/// Degraded: of some entry the last fetch failed within the last minute, for a reason that is none
/// of the name's own. A name that is not there, or not allowed, is its client's affair. An entry
/// that is read is tried again every 30 seconds at least, so that a minute without a failure is
/// one with a success, or without readers.
[[nodiscard]] health health_of(std::span<const cache::entry_report> all);

/// As JSON, without names. Anybody may see it.
[[nodiscard]] core::secret_bytes health_document(const facts& of);

}  // namespace lambda_cache::agent
