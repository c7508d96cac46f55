// URLs as users configure them: http(s)://host[:port][/path][?query]. Nothing is decoded.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct url {
  bool tls = false;
  std::string host;  // lowercase; an IPv6 address without brackets, in its canonical form
  std::uint16_t port = 0;
  std::string path;   // as written; may be empty
  std::string query;  // without '?'
};

/// `what` names the setting in the error, e.g. "AWS_ENDPOINT_URL". The error does not quote the
/// URL when it contains user info.
/// Errors: invalid_argument (another scheme, user info, a fragment, a malformed host or port,
/// characters that a URL does not have).
[[nodiscard]] core::result<url> parse_url(std::string_view text, std::string_view what);

/// Whether the host is an address of this machine: 127.0.0.0/8, ::1 or "localhost".
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

/// host[:port] as in a Host header: brackets for IPv6, the port unless it is the scheme's own.
[[nodiscard]] std::string host_header(const url& parts);

}  // namespace lambda_cache::aws
