// What the configuration comes to, for people who look for a mistake. Never a key, never a value.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::wiring {

struct service_route {
  std::string service;  // "ssm", "secretsmanager", "s3", "sts"
  std::string url;      // empty where none can be made: `problem` says why
  std::string problem;
  bool is_aws = false;  // an endpoint that AWS runs
  std::string trust;    // whose certificates are believed there; empty without TLS
  std::string proxy;    // "the proxy host:port (HTTPS_PROXY)"; empty: it is asked directly
};

struct surroundings {
  std::string region;       // empty: none is configured
  std::string region_from;  // the variable, or the profile
  std::vector<service_route> routes;
};

/// Reads the configuration as a cache does; asks nobody. Errors: as wired_cache::bind().
[[nodiscard]] core::result<surroundings> look_around();

struct identity {
  std::string account;  // 12 digits
  std::string arn;
};

struct identity_report {
  /// Where the credentials come from: "environment", "profile 'x'", ...; empty if from nowhere.
  std::string provider;
  core::result<identity> who;
  /// Seconds that AWS's clock is ahead of ours; nothing if STS did not answer.
  std::optional<std::int64_t> clock_difference;
};

/// Asks STS GetCallerIdentity with the default credentials. Waits for the answer: ten seconds, and
/// what fetching credentials takes.
[[nodiscard]] identity_report ask_identity();

}  // namespace lambda_cache::wiring
