// The target of a request, taken apart.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::agent {

struct target {
  std::string_view path;  // as it came
  std::string_view query;
};

/// Path and query; what follows a '#' is no part of either.
[[nodiscard]] target split_target(std::string_view whole) noexcept;

/// The members of a query in their order, form-decoded: '+' is a space, "%2F" a slash; a bare '/'
/// or
/// ':' stands for itself. Errors (invalid_argument): a '%' without two hexadecimal digits, more
/// than 256 members.
[[nodiscard]] core::result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

}  // namespace lambda_cache::agent
