// A value as the cache keeps it: immutable once built.
#pragma once

#include "core/secret_memory.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::core {

/// A file's content is its path; see object_data.hpp.
enum class value_kind { text, text_list, bytes, file };

struct value_data {
  value_kind kind = value_kind::text;
  /// The value as the service sent it, UTF-8 for text; a list still joined by its commas.
  secret_bytes content;
  /// "String", "SecureString", "StringList"; for other sources what they call it.
  std::string type;
  std::string arn;
  /// The service's version number, 0 where it has none.
  std::int64_t version = 0;
  /// The id of a secret's version; empty elsewhere.
  std::string version_id;

  [[nodiscard]] std::string_view view() const noexcept { return {content.data(), content.size()}; }
  /// Bytes accounted to the cache for this value.
  [[nodiscard]] std::size_t footprint() const noexcept {
    return sizeof(value_data) + content.size() + type.size() + arn.size() + version_id.size();
  }
};

/// The items of a StringList: split on ',' as the service defines it; empty items are kept; an
/// empty value is a list of one empty item, as the service stores it.
[[nodiscard]] inline std::vector<std::string_view> split_list(std::string_view joined,
                                                              char delimiter = ',') {
  std::vector<std::string_view> items;
  for (;;) {
    const auto at = joined.find(delimiter);
    items.push_back(joined.substr(0, at));
    if (at == std::string_view::npos) return items;
    joined.remove_prefix(at + 1);
  }
}

}  // namespace lambda_cache::core
