// The whole program, but for its process.
#pragma once

namespace lambda_cache::cli {

/// Does what the command line says; returns the exit status.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace lambda_cache::cli
