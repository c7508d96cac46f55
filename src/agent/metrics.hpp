// The agent's figures for Prometheus.
#pragma once

#include "agent/facts.hpp"
#include "core/secret_memory.hpp"

#include <string_view>

namespace lambda_cache::agent {

/// The text format 0.0.4.
inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// Every metric of docs/agent-metrics.md. No name of an entry is in it: what clients read is nobody
/// else's affair, and the number of series stays the same whatever they read.
[[nodiscard]] core::secret_bytes metrics_document(const facts& of);

}  // namespace lambda_cache::agent
