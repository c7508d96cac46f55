// A TOML text as a list of what it sets, each with its place. The one reader of TOML.
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambda_cache::agent {

struct toml_item;

struct toml_value {
  struct moment {};  // a date or a time, which nothing here takes
  using list = std::vector<toml_value>;
  using table = std::vector<toml_item>;

  std::variant<moment, bool, std::int64_t, double, std::string, list, table> what;
  bool is_octal = false;  // a whole number written 0o...

  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return std::get_if<T>(&what);
  }
};

struct toml_item {
  std::string key;
  unsigned line = 0;
  toml_value value;
};

inline constexpr std::size_t longest_toml = std::size_t{1} << 20;

/// The outermost table, in the order of the text. Errors (invalid_argument): no TOML, with `name`
/// and the line; more than `longest_toml` bytes.
[[nodiscard]] core::result<toml_value::table> parse_toml(std::string_view text,
                                                         std::string_view name);

}  // namespace lambda_cache::agent
