// What the environment of a Lambda extension tells the agent.
#pragma once

#include "agent/settings.hpp"
#include "aws/credentials.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::agent {

struct extension_settings {
  settings agent;
  std::size_t max_entries = 1000;
  std::size_t max_bytes = std::size_t{64} << 20;
  bool is_snap_start = false;
  /// Told of SHUTDOWN only: Lambda Managed Instances refuse more.
  bool is_managed_instance = false;
  /// What could not be taken as it was said, and what is done instead: an extension does not fail a
  /// function's initialisation for that.
  std::vector<std::string> warnings;
};

/// The AWS extension's variables with its ranges, and ours over them.
[[nodiscard]] extension_settings extension_environment(const aws::environment& env);

/// LAMBDA_CACHE_AGENT_* and LAMBDA_CACHE_PREFETCH alone, which `lambda-cache serve` honours as
/// well.
void apply_own_variables(const aws::environment& env, settings& to,
                         std::vector<std::string>& warnings);

}  // namespace lambda_cache::agent
