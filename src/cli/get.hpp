// lambda-cache get
#pragma once

#include "cli/command_line.hpp"

namespace lambda_cache::cli {

/// Prints what is asked for; returns the exit status.
[[nodiscard]] int run_get(const get_request& request);

}  // namespace lambda_cache::cli
