// The configuration: code beats LAMBDA_CACHE_* beats AWS_* beats the defaults.
#pragma once

#include <lambda_cache/client.hpp>

#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <string>

namespace lambda_cache::wiring {

/// Where each service is asked.
class service_endpoints {
 public:
  [[nodiscard]] const aws::endpoint_options& of(std::string_view service) const;
  [[nodiscard]] aws::endpoint_options& of(std::string_view service);

 private:
  aws::endpoint_options ssm_;
  aws::endpoint_options secrets_manager_;
  aws::endpoint_options s3_;
};

struct config {
  std::string region;  // may be empty: then every read has to name one
  service_endpoints endpoints;
  std::string ca_bundle;      // AWS_CA_BUNDLE
  std::string system_bundle;  // SSL_CERT_FILE
  core::nanos max_age = 60 * core::second;
  core::nanos stale_if_error = 300 * core::second;
  core::nanos timeout = 10 * core::second;
  int max_attempts = 3;
  /// Objects may take longer than other values: the invocation's deadline bounds them, and the
  /// time in which nothing comes.
  core::nanos object_timeout = 900 * core::second;
  std::string object_directory = "/tmp";  // LAMBDA_CACHE_S3_DIRECTORY
};

/// Errors (invalid_argument) name the variable, its text and the legal values.
[[nodiscard]] core::result<config> resolve_config(const client_config& code,
                                                  const aws::environment& env);

/// A duration option: seconds as a non-negative number (fractions allowed) or "inf".
[[nodiscard]] core::result<core::nanos> parse_seconds(std::string_view option,
                                                      std::string_view text);

/// Seconds as nanoseconds; what is too long for the clock counts as for ever.
[[nodiscard]] core::nanos seconds_to_nanos(double seconds) noexcept;

}  // namespace lambda_cache::wiring
