// AWS Signature Version 4 (Authorization header form). Pure: time and credentials are given.
#pragma once

#include "aws/credentials.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::aws {

struct signable_request {
  std::string_view method;
  std::string_view host;   // as in the Host header, with the port where it is not the default
  std::string_view path;   // absolute, percent-encoded once, as it goes on the wire
  std::string_view query;  // without '?', percent-encoded, as it goes on the wire
  /// Besides Host. All are signed but those that a proxy may change (User-Agent, Connection, ...)
  /// and those that signing itself makes.
  std::span<const std::pair<std::string, std::string>> headers;
  std::string_view body;
};

struct signing_scope {
  std::string_view region;
  std::string_view service;       // signing name: "ssm", "secretsmanager", "s3", "sts"
  std::int64_t unix_seconds = 0;  // the moment of signing, clock offset already applied
  /// S3 signs the path as it is and adds x-amz-content-sha256; every other service encodes twice
  /// and normalises.
  bool s3 = false;
};

/// The headers to add: X-Amz-Date, X-Amz-Security-Token (with a session token),
/// x-amz-content-sha256 (S3), Authorization.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> sign_v4(
    const signable_request& request, const signing_scope& scope, const credentials& keys);

}  // namespace lambda_cache::aws
