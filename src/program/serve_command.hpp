// lambda-cache serve
#pragma once

#include "agent/serve_settings.hpp"
#include "cli/command_line.hpp"

namespace lambda_cache::program {

/// What the command line says, over what is there.
void put_over(const cli::serve_request& request, agent::serve_settings& into);

/// Serves until a signal; returns the exit status.
[[nodiscard]] int run_serve(const cli::serve_request& request);

}  // namespace lambda_cache::program
