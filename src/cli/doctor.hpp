// lambda-cache doctor and lambda-cache policy
#pragma once

#include "cli/command_line.hpp"

namespace lambda_cache::cli {

/// Prints what a function would meet here; returns the exit status.
[[nodiscard]] int run_doctor(const doctor_request& request);

/// Prints the IAM policy; returns the exit status.
[[nodiscard]] int run_policy(const policy_request& request);

}  // namespace lambda_cache::cli
