// What is worth a line in the user's log, through logging.getLogger('lambda_cache').
#pragma once

#include <lambda_cache/error.hpp>

#include <optional>
#include <string>

namespace lambda_cache::python {

/// Warns that a stale value is served. Runs Python code; an exception of it is reported as
/// unraisable.
void log_stale(const std::string& name, const std::optional<error_info>& why) noexcept;

}  // namespace lambda_cache::python
