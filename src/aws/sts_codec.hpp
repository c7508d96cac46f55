// The three operations of STS that we use: requests in the query protocol, answers in XML.
#pragma once

#include "aws/credentials.hpp"
#include "aws/role.hpp"
#include "aws/service_error.hpp"
#include "core/result.hpp"
#include "core/secret_memory.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// Of every request to STS.
inline constexpr std::string_view sts_content_type =
    "application/x-www-form-urlencoded; charset=utf-8";

/// Bodies; `role` has a session name.
[[nodiscard]] core::secret_bytes encode_assume_role(const role_settings& role);
[[nodiscard]] core::secret_bytes encode_assume_role_with_web_identity(const role_settings& role,
                                                                      std::string_view token);
[[nodiscard]] core::secret_bytes encode_get_caller_identity();

/// The keys in the answer to `operation` (AssumeRole or AssumeRoleWithWebIdentity).
/// Errors: protocol.
[[nodiscard]] core::result<credentials> decode_assumed_role(std::string_view xml,
                                                            std::string_view operation);

struct caller_identity {
  std::string account;  // 12 digits
  std::string arn;
  std::string user_id;
};
/// Errors: protocol.
[[nodiscard]] core::result<caller_identity> decode_get_caller_identity(std::string_view xml);

/// A refusal by STS. Definite ones are of kind `credentials` whatever the code: they say nothing
/// about the right to read a value. The message names the operation, the role and the fix; `who`
/// describes the credentials that asked ("environment", "profile 'x'").
[[nodiscard]] error_info classify_sts(const service_reply& reply, std::string_view operation,
                                      const role_settings& role, std::string_view who);

}  // namespace lambda_cache::aws
