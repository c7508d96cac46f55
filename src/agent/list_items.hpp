// The items of a list in one text: "ssm:/a, secret:b", and lists in headers (RFC 9110 §5.6.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace lambda_cache::agent {

/// Takes the next item off `rest`, without the white space around it; empty for an empty one.
[[nodiscard]] inline std::string_view take_item(std::string_view& rest) noexcept {
  constexpr std::string_view spaces = " \t\r\n";
  std::string_view one = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  one.remove_prefix(std::min(one.size(), one.find_first_not_of(spaces)));
  return one.substr(0, one.find_last_not_of(spaces) + 1);
}

}  // namespace lambda_cache::agent
