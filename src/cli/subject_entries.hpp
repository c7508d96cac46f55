// What doctor and policy are about, as reads.
#pragma once

#include "cli/command_line.hpp"
#include "cli/wanted.hpp"

#include <vector>

namespace lambda_cache::cli {

/// What is named on the command line, checked. Errors: invalid_argument.
[[nodiscard]] core::result<std::vector<wanted>> named_entries(const subject& of,
                                                              const access_options& access);

/// Adds what the function's code declares and `to` does not have; runs the function's Python.
/// Errors: invalid_argument. `to` is as it was then.
[[nodiscard]] core::result<void> add_declared_entries(std::vector<wanted>& to, const subject& of);

}  // namespace lambda_cache::cli
