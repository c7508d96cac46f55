// JSON 1.1 bodies of GetSecretValue, BatchGetSecretValue and DescribeSecret (API 2017-10-17).
#pragma once

#include "aws/secret_id.hpp"
#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "core/value_data.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// BatchGetSecretValue takes at most this many ids.
inline constexpr std::size_t max_secrets_per_call = 20;

[[nodiscard]] core::secret_bytes encode_get_secret_value(const secret_version& which);
[[nodiscard]] core::secret_bytes encode_batch_get_secret_value(
    std::span<const std::string_view> ids);
[[nodiscard]] core::secret_bytes encode_describe_secret(std::string_view id);

struct secret {
  std::string name;
  core::value_data value;  // its type is "SecretString" or "SecretBinary"
};

/// What BatchGetSecretValue says of one id that it has no value for.
struct secret_refusal {
  std::string id;
  std::string code;
  std::string message;
};

struct secrets {
  std::vector<secret> found;  // any order
  std::vector<secret_refusal> refused;
};

struct secret_description {
  /// The id of the version that a stage is attached to; empty if it is attached to none.
  [[nodiscard]] std::string_view version_of(std::string_view stage) const noexcept;

  std::vector<std::pair<std::string, std::string>> stages;  // stage, version id
  /// Unix seconds; nothing if the secret does not rotate.
  std::optional<std::int64_t> next_rotation;
  bool is_deleted = false;  // scheduled for deletion: described still, but its value is refused
};

/// Errors: protocol (not JSON, a member missing or of the wrong type, nested too deep).
[[nodiscard]] core::result<secret> decode_get_secret_value(std::string_view body);
[[nodiscard]] core::result<secrets> decode_batch_get_secret_value(std::string_view body);
[[nodiscard]] core::result<secret_description> decode_describe_secret(std::string_view body);

/// Whether the secret answers that name or ARN; an ARN may be asked for without the six characters
/// that the service puts behind the name.
[[nodiscard]] bool answers(const secret& found, std::string_view id) noexcept;

}  // namespace lambda_cache::aws
