// The configuration: code beats LAMBDA_CACHE_* beats AWS_* beats the shared config beats the
// defaults.
#pragma once

#include <lambda_cache/client.hpp>

#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/shared_config.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/proxy.hpp"
#include "sources/agent_settings.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace lambda_cache::wiring {

/// Where each service is asked.
struct service_endpoints {
  struct one {
    std::string_view service;
    const char* setting;  // its name in AWS_ENDPOINT_URL_... and in the files
    bool has_values;      // else it is asked for credentials
    aws::endpoint_options options;
  };
  std::array<one, 5> all = {{{"ssm", "ssm", true, {}},
                             {"secretsmanager", "secrets_manager", true, {}},
                             {"s3", "s3", true, {}},
                             {"sts", "sts", false, {}},
                             {"sso", "sso", false, {}}}};

  [[nodiscard]] const aws::endpoint_options& of(std::string_view service) const;
};

struct config {
  std::string region;  // may be empty: then every read has to name one
  service_endpoints endpoints;
  std::string sts_region;       // where roles are assumed: region, else that of the first read
  std::string ca_bundle;        // AWS_CA_BUNDLE
  std::string system_bundle;    // SSL_CERT_FILE
  net::proxy_settings proxies;  // HTTPS_PROXY, HTTP_PROXY, NO_PROXY
  core::nanos max_age = 60 * core::second;
  core::nanos stale_if_error = 300 * core::second;
  core::nanos timeout = 10 * core::second;
  int max_attempts = 3;
  /// Objects may take longer than other values: the invocation's deadline bounds them, and the
  /// time in which nothing comes.
  core::nanos object_timeout = 900 * core::second;
  std::string object_directory = "/tmp";  // LAMBDA_CACHE_S3_DIRECTORY
  sources::agent_ptr agent;               // LAMBDA_CACHE_AGENT; null: AWS is asked
};

/// Errors (invalid_argument) name the variable or the profile's option, its text and the legal
/// values; a file that cannot be used is one of credentials. `files`: what the shared config and
/// credentials files say.
[[nodiscard]] core::result<config> resolve_config(const client_config& code,
                                                  const aws::environment& env,
                                                  const aws::shared_config& files = {});

/// config::max_age alone.
[[nodiscard]] core::result<core::nanos> resolve_max_age(const client_config& code,
                                                        const aws::environment& env);

/// A duration option: seconds as a non-negative number (fractions allowed) or "inf".
[[nodiscard]] core::result<core::nanos> parse_seconds(std::string_view option,
                                                      std::string_view text);

/// Seconds as nanoseconds; what is too long for the clock counts as for ever.
[[nodiscard]] core::nanos seconds_to_nanos(double seconds) noexcept;

}  // namespace lambda_cache::wiring
