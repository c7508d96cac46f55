// The target of a request, taken apart.
#pragma once

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::agent {

struct target {
  std::string_view path;  // as it came
  std::string_view query;
  std::optional<std::string_view> authority = {};  // "http://localhost:2773/ping" names one
};

/// Path and query; what follows a '#' is no part of either. The absolute form, as for a proxy, is
/// taken as RFC 9112 §3.2.2 wants it.
[[nodiscard]] target split_target(std::string_view whole) noexcept;

/// The members of a query in their order, form-decoded: '+' is a space, "%2F" a slash; a bare '/'
/// or
/// ':' stands for itself. Errors (invalid_argument): a '%' without two hexadecimal digits, more
/// than 256 members.
[[nodiscard]] core::result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

}  // namespace lambda_cache::agent
