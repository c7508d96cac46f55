// The one place that decides what a service's refusal means.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace lambda_cache::aws {

struct service_reply {
  int status = 0;
  std::string_view body;
  std::string_view error_type_header;  // x-amzn-errortype
  std::string_view request_id;         // x-amzn-requestid
};

/// From an answer that is not 2xx to kind, code, retryability and a message that names the cause
/// and the fix; `name` is what was asked for (may be empty for several). The service's message is
/// quoted, cut to a sane length, control characters removed.
[[nodiscard]] error_info classify(const service_reply& reply, std::string_view service,
                                  std::string_view operation, std::string_view name);

/// The same for a refusal that stands inside an answer of its own, with code and message apart.
[[nodiscard]] error_info classify(std::string_view code, std::string_view message,
                                  std::string_view service, std::string_view operation,
                                  std::string_view name);

/// Signature refused because of our clock (InvalidSignatureException "Signature expired/not yet
/// current", RequestExpired, RequestTimeTooSkewed, ...).
[[nodiscard]] bool is_clock_skew(const error_info& error) noexcept;
/// ExpiredToken(Exception), ExpiredTokenException, TokenRefreshRequired, ...: get new ones.
[[nodiscard]] bool is_expired_credentials(const error_info& error) noexcept;

/// Parses an HTTP Date (RFC 9110 §5.6.7) to Unix seconds.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept;

}  // namespace lambda_cache::aws
