// What the credentials of one configuration are made from; read by the wiring.
#pragma once

#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "core/secret_memory.hpp"
#include "sources/sts_call.hpp"

#include <optional>

namespace lambda_cache::sources {

struct credentials_settings {
  /// AWS_ACCESS_KEY_ID and its relatives; with them nothing else is looked at.
  std::optional<aws::credentials> fixed;
  /// Why there are none, if those variables are broken.
  std::optional<error_info> broken;
  /// The container endpoint that the environment names, or why it cannot be used.
  std::optional<aws::container_source> container;
  std::optional<error_info> container_broken;
  /// The other variables that count (profile, files, web identity, metadata), as they were when the
  /// configuration was read: the loop's thread does not read the process's own.
  aws::environment env = [](std::string_view) { return std::nullopt; };
  /// What a credential_process finds: NAME=value texts with a zero byte behind each.
  core::secret_bytes process_environment;
  sts_settings sts;
  aws::endpoint_options sso;
};

}  // namespace lambda_cache::sources
