// Proxies: which requests go through one, and what it wants to know of who asks.
#pragma once

#include "core/secret_memory.hpp"
#include "net/origin.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::net {

/// A forward proxy, as a variable names it.
struct proxy {
  std::string setting;                    // the variable: "HTTPS_PROXY"
  origin at;                              // tls: it is spoken to over TLS
  core::secret_bytes authorization = {};  // value of Proxy-Authorization; empty: none
};
using proxy_ptr = std::shared_ptr<const proxy>;

/// "the proxy host:port (HTTPS_PROXY)": without what it is told.
[[nodiscard]] std::string describe(const proxy& who);

/// What NO_PROXY lists: host names (and all below them), addresses and networks, each with a port
/// if it is meant for that port only, and "*" for everything.
class proxy_exceptions {
 public:
  proxy_exceptions() = default;
  /// Commas or blanks stand between the items. Items that are none of the above match nothing, as
  /// other programs have it.
  explicit proxy_exceptions(std::string_view list);
  [[nodiscard]] bool cover(const origin& to) const;

 private:
  using address = std::array<unsigned char, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct item {
    std::string name;  // lower case, without dots at its ends; empty: a network
    address network{};
    unsigned prefix = 0;     // bits of it that count
    std::uint16_t port = 0;  // 0: every port
  };
  void add(std::string_view text);

  std::vector<item> items_;
  bool everything_ = false;
};

/// The proxies of one configuration.
struct proxy_settings {
  proxy_ptr http;   // for http:// endpoints; null: none
  proxy_ptr https;  // for https:// endpoints
  proxy_exceptions exceptions;

  /// The proxy for requests to `to`; null: they go there directly. What is this machine's own or
  /// its link's (loopback, metadata and credentials services) is never asked through one.
  [[nodiscard]] proxy_ptr between(const origin& to) const;
};

/// Where a connection leads and by which way; connections are pooled by it.
struct route {
  origin to;
  proxy_ptr via;  // null: directly
  friend bool operator==(const route&, const route&) = default;
};

/// "host:port", and the proxy where there is one.
[[nodiscard]] std::string describe(const route& along);

}  // namespace lambda_cache::net
