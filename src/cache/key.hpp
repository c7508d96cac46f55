// Identity of an entry: everything that changes its value, and nothing else.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace lambda_cache::cache {

/// What an entry is of. Two reads share an entry exactly if all of these are equal.
struct identity {
  std::string_view service;   // "ssm"
  std::string_view endpoint;  // scheme, host and port actually asked
  std::string_view region;
  std::string_view credentials;  // the configured source (chain, profile, role), never the keys
  std::string_view name;         // name or ARN without selector
  std::string_view selector;     // version, label or stage
  bool decrypt = true;
};

/// The identity as one string: parts are length-prefixed, so no two identities share a key.
[[nodiscard]] inline std::string make_key(const identity& id) {
  std::string key;
  key.reserve(64 + id.endpoint.size() + id.name.size());
  for (const std::string_view part :
       {id.service, id.endpoint, id.region, id.credentials, id.name, id.selector}) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
  }
  key += id.decrypt ? 'd' : 'e';
  return key;
}

/// Places of parts in a key.
inline constexpr std::size_t service_part = 0;
inline constexpr std::size_t region_part = 2;
inline constexpr std::size_t credentials_part = 3;
inline constexpr std::size_t selector_part = 5;

/// A part of a key, by its place in the identity. Empty if there is none.
[[nodiscard]] inline std::string_view key_part(std::string_view key, std::size_t index) {
  for (;; --index) {
    std::size_t length = 0;
    const auto [end, failed] = std::from_chars(key.data(), key.data() + key.size(), length);
    if (failed != std::errc()) return {};
    key.remove_prefix(std::min(static_cast<std::size_t>(end - key.data()) + 1, key.size()));
    if (index == 0) return key.substr(0, length);
    key.remove_prefix(std::min(length, key.size()));
  }
}

}  // namespace lambda_cache::cache
