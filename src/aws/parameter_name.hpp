// The name of an SSM parameter as users write it: name, name:3, name:label, ARN.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct parameter_name {
  /// What goes to the service (selector included): "/app/x", "/app/x:3", "arn:aws:ssm:...".
  std::string request_name;
  /// Without the selector; for an ARN the whole ARN without the selector.
  std::string base;
  /// "3", "label" or empty.
  std::string selector;
  /// A number in `selector` pins a version: such an entry is never re-read.
  bool pinned = false;
  /// Text after the last '/' of the name or of the ARN's parameter part; the default entry_name.
  std::string short_name;
  /// Region in the ARN; empty for a plain name.
  std::string region;
};

/// Checks what can be checked without asking the service (length 1 to 2048, legal characters,
/// ARN of service ssm and resource "parameter", non-empty selector, at most one selector).
/// `/aws/reference/secretsmanager/...` names may carry their own characters.
/// Errors: invalid_argument, message naming the offending text and the rule.
[[nodiscard]] core::result<parameter_name> parse_parameter_name(std::string_view text);

}  // namespace lambda_cache::aws
