// What the targets know of JSON without the parser under test.
#pragma once

#include "core/secret_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace lambda_cache::fuzz {

/// How deep brackets are nested outside of strings.
inline std::size_t nesting_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

inline std::string_view view(const core::secret_bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace lambda_cache::fuzz
