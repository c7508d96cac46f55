// What the status page shows, as JSON.
#pragma once

#include "agent/facts.hpp"
#include "core/secret_memory.hpp"

namespace lambda_cache::agent {

/// Totals, and every entry by service and name: how old, how often read, how it stands. Never a
/// value. What is not known is null.
[[nodiscard]] core::secret_bytes status_document(const facts& of);

}  // namespace lambda_cache::agent
