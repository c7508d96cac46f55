// Credentials: what they are and where they come from, as decisions. No I/O: the caller fetches.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct credentials {
  std::string access_key_id;
  core::secret_bytes secret_access_key;
  core::secret_bytes session_token;  // empty: long-term keys
  /// Unix seconds; absent: they do not expire as far as we know.
  std::optional<std::int64_t> expiration;
};

/// Reads one environment variable; empty optional if it is not set.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; nothing if the first two are not
/// set; an error if only one of them is.
[[nodiscard]] core::result<std::optional<credentials>> credentials_from_environment(
    const environment& env);

/// Where container credentials are asked for.
struct container_source {
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string target;                // path and query
  core::secret_bytes authorization;  // value of the Authorization header; empty: none
  std::string authorization_file;    // read anew before each request; beats `authorization`
};

/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI / _FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE].
/// Nothing if neither URI is set. A FULL_URI must be https, loopback, 169.254.170.2,
/// 169.254.170.23, fd00:ec2::23 or (Lambda SnapStart) the host of AWS_LAMBDA_RUNTIME_API.
[[nodiscard]] core::result<std::optional<container_source>> container_from_environment(
    const environment& env);

/// The JSON answer of a container credentials endpoint.
[[nodiscard]] core::result<credentials> parse_container_credentials(std::string_view json);

/// Who sends keys as JSON, and under which names.
struct key_answer_origin {
  std::string_view who;
  std::string_view inside{};  // member that holds them; empty: the outermost object
  std::string_view id;
  std::string_view secret;
  std::string_view token;
  std::string_view expiration = "Expiration";
  bool expiration_in_milliseconds = false;  // since 1970, instead of a date
  std::string_view check_endpoint;          // what to do when it is no JSON
  std::string_view check_role;              // what to do when there are no keys
};
[[nodiscard]] core::result<credentials> parse_key_answer(std::string_view json,
                                                         const key_answer_origin& from);

/// What `aws sso login` leaves in ~/.aws/sso/cache.
struct sso_token {
  core::secret_bytes token;
  std::int64_t expiration = 0;  // Unix seconds
};
[[nodiscard]] core::result<sso_token> parse_sso_token(std::string_view json);

/// What a credential_process prints. Errors: credentials.
[[nodiscard]] core::result<credentials> parse_process_output(std::string_view json);

/// How long before `expiration` new credentials are wanted / required (botocore's windows).
inline constexpr std::int64_t advisory_refresh_seconds = 15 * 60;
inline constexpr std::int64_t mandatory_refresh_seconds = 10 * 60;

}  // namespace lambda_cache::aws
