// The IAM policy that reading values takes, and no more than that.
#pragma once

#include "cli/wanted.hpp"
#include "core/secret_memory.hpp"

#include <span>
#include <string>
#include <vector>

namespace lambda_cache::cli {

/// Where names are that do not say it themselves.
struct policy_scope {
  std::string account;  // 12 digits
  std::string region;   // may be empty, if every name has one or needs none
  /// Keys of the user's own that encrypt some of the values.
  std::vector<std::string> kms_keys = {};
};

/// The roles that are assumed for some of the values, each once.
[[nodiscard]] std::vector<std::string> assumed_roles(std::span<const wanted> all);

/// The policy of the role that reads: its own values, and assuming the roles of the others. With
/// `for_role`: of that role, for the values that are read with it. JSON, indented, ends in a line
/// break; without statements where nothing is needed.
/// Errors (invalid_argument): a name without a region where none is configured.
[[nodiscard]] core::result<core::secret_bytes> make_policy(std::span<const wanted> all,
                                                           const policy_scope& in,
                                                           const std::string& for_role = {});

}  // namespace lambda_cache::cli
