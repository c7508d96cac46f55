// Where a request goes.
#pragma once

#include <cstdint>
#include <string>

namespace lambda_cache::net {

struct origin {
  bool tls = true;
  std::string host;  // name or address; an IPv6 address without brackets
  std::uint16_t port = 443;
  friend bool operator==(const origin&, const origin&) = default;
};

/// "host:port", with brackets around an IPv6 address.
[[nodiscard]] std::string describe(const origin& to);

}  // namespace lambda_cache::net
