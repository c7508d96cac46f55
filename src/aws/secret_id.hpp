// What names a secret: its name or ARN, and which version of it.
#pragma once

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct secret_id {
  /// Name or ARN, as it goes to the service.
  std::string id;
  /// At most one of them is set; neither: the stage AWSCURRENT.
  std::string version_id;
  std::string version_stage;
  /// Text after the last '/' of a name, which may be empty; of an ARN always: it ends in six
  /// characters of the service's.
  std::string short_name;
  /// Region in the ARN; empty for a name.
  std::string region;

  /// One text that tells it apart from every other, for messages: "/prod/db", or
  /// "/prod/db#version_stage=AWSPREVIOUS" ('#' is in no name).
  [[nodiscard]] std::string locator() const;
  /// The version part of the locator, "version_stage=AWSPREVIOUS"; empty for the present version.
  [[nodiscard]] std::string selector() const;
  /// A version id names one immutable value.
  [[nodiscard]] bool pinned() const noexcept { return !version_id.empty(); }
  /// The name as whoever made the secret gave it; of an ARN, without the six characters that the
  /// service put behind it.
  [[nodiscard]] std::string_view given_name() const noexcept;
};

/// Checks what can be checked without asking the service: length 1 to 512 (an ARN: 2048), letters,
/// digits and /_+=.@-!, an ARN of service secretsmanager and resource "secret"; a version id of 32
/// to 64 characters; a stage of 1 to 256. AWSCURRENT is the same as no stage.
/// Errors: invalid_argument, message naming the offending text and the rule.
[[nodiscard]] core::result<secret_id> parse_secret_id(
    std::string_view text, const std::optional<std::string>& version_id = {},
    const std::optional<std::string>& version_stage = {});

/// What locator() was made from, as far as the service is asked for it.
struct secret_version {
  std::string_view id;
  std::string_view version_id;
  std::string_view version_stage;
};
[[nodiscard]] secret_version split_secret_locator(std::string_view locator) noexcept;

}  // namespace lambda_cache::aws
