// Identity of an entry: everything that changes its value, and nothing else.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace lambda_cache::cache
