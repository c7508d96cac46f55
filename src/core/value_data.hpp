// A value as the cache keeps it: immutable once built.
#pragma once

#include <lambda_cache/value.hpp>

#include "core/secret_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::core {

/// A file's content is its path; see object_data.hpp.
enum class value_kind { text, text_list, bytes, several, file };

struct named_value;

/// What a service tells about a value besides it: for those who pass it on.
struct value_details {
  std::string name;  // as the service calls it, without the selector
  std::string data_type;
  std::string selector;  // ":3" or ":label", as it was asked for
  /// A parameter's last change, the making of a secret's version: Unix milliseconds, if told.
  std::optional<std::int64_t> changed_at;
  std::vector<std::string> stages;  // of a secret's version
  secret_bytes source_result;       // of a parameter that refers to a secret: the answer about it

  [[nodiscard]] std::size_t footprint() const noexcept {
    std::size_t bytes = sizeof(value_details) + name.size() + data_type.size() + selector.size() +
                        source_result.size();
    for (const std::string& each : stages)
      bytes += sizeof(std::string) + each.size();
    return bytes;
  }
};

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
  /// Null where the service told no more.
  std::shared_ptr<const value_details> details;
  /// What `several` is made of, in the order of the names, none of which is there twice; empty for
  /// every other kind.
  std::vector<named_value> members;

  [[nodiscard]] std::string_view view() const noexcept { return {content.data(), content.size()}; }
  /// Bytes accounted to the cache for this value.
  [[nodiscard]] std::size_t footprint() const noexcept;
};

/// One of several values that are read, kept and replaced together. A Value, which shares its data,
/// so that it can be handed out by itself.
struct named_value {
  std::string name;
  Value value;
};

inline std::size_t value_data::footprint() const noexcept {
  std::size_t bytes =
      sizeof(value_data) + content.size() + type.size() + arn.size() + version_id.size();
  if (details) bytes += details->footprint();
  for (const named_value& each : members)
    bytes += sizeof(named_value) + each.name.size() + each.value.internals()->footprint();
  return bytes;
}

/// The member of that name; nullptr if there is none.
[[nodiscard]] inline const Value* find_member(const value_data& among, std::string_view name) {
  const auto at = std::ranges::lower_bound(among.members, name, {}, &named_value::name);
  return at != among.members.end() && at->name == name ? &at->value : nullptr;
}

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
