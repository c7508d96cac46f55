// Another program, run to its end.
#pragma once

#include "core/result.hpp"

#include <string>
#include <vector>

namespace lambda_cache::cli {

struct program_result {
  int status = 0;  // 128 + number for a signal
  std::string output;
  std::string errors;
};

/// With no input; found in PATH. Ctrl-C ends both. What it writes beyond 4 MiB is dropped.
/// Errors (invalid_argument): it cannot be started.
[[nodiscard]] core::result<program_result> run_program(const std::vector<std::string>& arguments);

}  // namespace lambda_cache::cli
