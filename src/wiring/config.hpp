// The configuration: code beats LAMBDA_CACHE_* beats AWS_* beats the shared config beats the
// defaults.
#pragma once

#include <lambda_cache/client.hpp>

#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/shared_config.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <string>

namespace lambda_cache::wiring {

struct config {
  std::string region;              // may be empty: then every read has to name one
  aws::endpoint_options endpoint;  // for SSM
  aws::endpoint_options sts;       // for roles
  aws::endpoint_options sso;       // for the portal that gives keys for a login
  std::string sts_region;          // where roles are assumed: region, else that of the first read
  std::string ca_bundle;           // AWS_CA_BUNDLE
  std::string system_bundle;       // SSL_CERT_FILE
  core::nanos max_age = 60 * core::second;
  core::nanos stale_if_error = 300 * core::second;
  core::nanos timeout = 10 * core::second;
  int max_attempts = 3;
};

/// Errors (invalid_argument) name the variable or the profile's option, its text and the legal
/// values; a file that cannot be used is one of credentials. `files`: what the shared config and
/// credentials files say.
[[nodiscard]] core::result<config> resolve_config(const client_config& code,
                                                  const aws::environment& env,
                                                  const aws::shared_config& files = {});

/// A duration option: seconds as a non-negative number (fractions allowed) or "inf".
[[nodiscard]] core::result<core::nanos> parse_seconds(std::string_view option,
                                                      std::string_view text);

/// Seconds as nanoseconds; what is too long for the clock counts as for ever.
[[nodiscard]] core::nanos seconds_to_nanos(double seconds) noexcept;

}  // namespace lambda_cache::wiring
