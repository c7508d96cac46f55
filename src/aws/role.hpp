// A role to assume, as an entry or a profile asks for it.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct role_settings {
  std::string role_arn{};      // empty: no role, the default chain
  std::string external_id{};   // empty: none
  std::string session_name{};  // empty: default_session_name()
  /// Seconds the credentials shall last; the service's default is an hour.
  std::optional<std::int64_t> duration{};

  [[nodiscard]] explicit operator bool() const noexcept { return !role_arn.empty(); }
};

/// What of a role changes what may be read with it, for the identity of an entry: never keys, nor
/// how long they last. Different for different roles, external ids and session names (policies may
/// be about aws:userid, which ends in it, and CloudTrail tells who read by it); empty without a
/// role.
[[nodiscard]] std::string identity_of(const role_settings& role);

/// Errors (invalid_argument) name the option and the legal values: a role_arn that is not one of a
/// role, an external id or a session name with characters that STS refuses, a duration outside of
/// 15 minutes to 12 hours. Settings without a role are right if nothing else is set.
[[nodiscard]] core::result<void> check_role(const role_settings& role);

/// "lambda-cache-<function>", legal and of at most 64 characters; stable, so that CloudTrail shows
/// who read. `function` is AWS_LAMBDA_FUNCTION_NAME; empty outside of Lambda.
[[nodiscard]] std::string default_session_name(std::string_view function);

}  // namespace lambda_cache::aws
