// What `lambda-cache serve` can be told: the agent's settings, and what is the host's affair.
// Each layer (environment, file, command line) writes over what the one before it said.
#pragma once

#include "agent/settings.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::agent {

struct serve_settings {
  /// `tokens` is filled from what follows.
  settings agent = {};

  /// Where the token comes from: a file, else the first of the variables that is set.
  std::string token_file = {};
  std::vector<std::string> token_variables = {"AWS_TOKEN", "AWS_SESSION_TOKEN",
                                              "AWS_CONTAINER_AUTHORIZATION_TOKEN"};

  std::optional<std::string> region = {};
  std::optional<std::string> profile = {};
  std::optional<std::string> endpoint_url = {};
  /// A shared credentials file, instead of everything else that credentials may come from.
  std::optional<std::string> credentials_file = {};
  /// Ask STS who the credentials are before anything is served, and end if they are refused.
  bool validate_credentials = false;
  /// With `validate_credentials`: start although STS could not be asked for a passing reason.
  bool ignore_transient_errors = true;

  std::size_t max_entries = 1000;
  std::size_t max_bytes = std::size_t{64} << 20;
  std::optional<int> max_attempts = {};

  /// How long requests under way may take when the program is told to end.
  std::chrono::milliseconds grace{5000};
};

}  // namespace lambda_cache::agent
