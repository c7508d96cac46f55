// What the agent can be told: by its command line, its file, or the environment.
#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::agent {

/// Whose answers it gives where AWS's two products disagree.
enum class compatibility {
  extension,  // the AWS Parameters and Secrets Lambda Extension
  agent,      // the AWS Secrets Manager Agent
};

enum class log_level { none, error, warn, info, debug };

struct settings {
  compatibility mode = compatibility::agent;

  // Where it listens. Loopback only, 127.0.0.1 and ::1.
  bool tcp = true;
  std::uint16_t port = 2773;  // 0: one that is free, for tests
  /// A Unix socket as well; its permissions are the guard, so that no token is asked for there.
  std::string socket_path = {};
  unsigned socket_mode = 0600;

  /// A request has to carry one of the tokens in one of the headers. The tokens are texts, or
  /// "file://path", which is read again when it has changed. No tokens: every request is refused.
  std::vector<std::string> token_headers = {"X-Aws-Parameters-Secrets-Token", "X-Vault-Token"};
  std::vector<std::string> tokens = {};

  /// How old a value may be; 0: not kept.
  core::nanos parameter_max_age = 300 * core::second;
  core::nanos secret_max_age = 300 * core::second;
  core::nanos object_max_age = 300 * core::second;
  /// The longest that a read may take; nothing: the library's default.
  std::optional<core::nanos> parameter_timeout = {};
  std::optional<core::nanos> secret_timeout = {};
  /// Serve the last value while AWS fails for a passing reason, this much longer.
  core::nanos stale_if_error = 300 * core::second;
  /// Expiring values are fetched in the background from here on, when they are read.
  core::nanos refresh_ahead = 0;

  std::string path_prefix = "/v1/";  // of the agent's short form, {path_prefix}{secret id}
  /// Errors as JSON with their real status, also for clients that do not ask for JSON.
  bool json_errors = false;
  bool status_page = true;
  bool metrics = true;

  std::size_t max_connections = 800;
  std::size_t max_header_bytes = std::size_t{16} * 1024;
  core::nanos idle_timeout = 61 * core::second;

  log_level level = log_level::info;

  /// What is fetched before anybody asks: "ssm:/app/a", "ssm-path:/app/", "secret:db", "s3://b/k".
  std::vector<std::string> prefetch = {};
  core::nanos prefetch_timeout = 3 * core::second;
};

}  // namespace lambda_cache::agent
