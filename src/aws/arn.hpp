// Amazon resource names, and the characters of names inside them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// "arn:partition:service:region:account:resource", split. Points into the text.
struct arn {
  std::string_view partition;
  std::string_view service;
  std::string_view region;
  std::string_view account;
  std::string_view resource;  // with everything behind it, colons included
};

/// Nothing if there are not five colons. What stands between them is not checked.
[[nodiscard]] std::optional<arn> split_arn(std::string_view text) noexcept;

/// Why the fields before the resource are not those of `service`; empty if they are.
[[nodiscard]] std::string arn_defect(const arn& of, std::string_view service);

/// The first character that is neither a letter, a digit, '_', '.', '-' nor one of `also_legal`, as
/// text for a message.
[[nodiscard]] std::optional<std::string> illegal_character(std::string_view name,
                                                           std::string_view also_legal);

}  // namespace lambda_cache::aws
