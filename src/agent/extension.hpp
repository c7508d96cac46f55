// The agent as a Lambda extension: from the start of the environment to its end.
#pragma once

#include "agent/environment.hpp"
#include "aws/credentials.hpp"

#include <string>

namespace lambda_cache::agent {

/// Serves, prefetches, and only then registers under the name of the program's file: Lambda starts
/// the function when every extension has registered, so that it finds its values. Returns the exit
/// status: 0 when the environment ended; 1 if it could not start, which Lambda was told, and the
/// log. That AWS does not answer is no reason for that. Only while there is no other thread.
[[nodiscard]] int run_extension(const extension_settings& how, const std::string& name,
                                const aws::environment& env);

}  // namespace lambda_cache::agent
