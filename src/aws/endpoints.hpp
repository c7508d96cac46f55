// From service, region and options to an endpoint: every partition, FIPS, dual stack, overrides.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct endpoint {
  bool tls = true;
  std::string host;  // an IPv6 address without brackets
  std::uint16_t port = 443;
  std::string base_path;    // without a trailing '/'; empty for AWS
  std::string host_header;  // host, with brackets and port where they belong
  /// Whether this is an endpoint that AWS runs (its certificates come from Amazon's roots).
  bool is_aws = false;
};

struct endpoint_options {
  std::string url;  // custom endpoint ("http://127.0.0.1:4566"); empty: AWS's own
  bool fips = false;
  bool dual_stack = false;
};

/// Errors (invalid_argument): malformed region or URL, FIPS or dual stack with a custom endpoint,
/// a URL with user info, query or fragment.
[[nodiscard]] core::result<endpoint> resolve_endpoint(std::string_view service,
                                                      std::string_view region,
                                                      const endpoint_options& options);

/// "aws", "aws-cn", "aws-us-gov", ...; unknown regions count as "aws".
[[nodiscard]] std::string_view partition_of(std::string_view region) noexcept;

/// Whether the text has the form of a region (a valid host label like "eu-west-1").
[[nodiscard]] bool is_region(std::string_view region) noexcept;

}  // namespace lambda_cache::aws
