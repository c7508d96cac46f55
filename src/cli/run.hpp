// The whole program, but for its process and its local server.
#pragma once

#include "cli/command_line.hpp"

#include <functional>

namespace lambda_cache::cli {

/// What others do for it; each returns the exit status.
struct other_commands {
  std::function<int(const serve_request&)> serve;
  std::function<int()> extension;
};

/// Does what the command line says; returns the exit status.
[[nodiscard]] int run(int argc, const char* const* argv, const other_commands& others);

}  // namespace lambda_cache::cli
