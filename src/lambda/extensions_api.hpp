// The messages of the Lambda Extensions API, version 2020-01-01. Sans-IO.
#pragma once

#include "core/result.hpp"
#include "net/http_client.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::lambda {

/// What an extension may be told of.
enum class extension_event { invoke, shutdown };

struct registration {
  std::string identifier;  // goes with every later request
};

/// `name` is that of the program's file, without its path. `invocations`: whether it is told of
/// those as well; Lambda Managed Instances refuse that.
[[nodiscard]] net::http_request register_request(const net::origin& api, std::string_view name,
                                                 bool invocations);
[[nodiscard]] net::http_request next_event_request(const net::origin& api, const registration& as);
/// Tells why the extension cannot start. `type` is "Extension.Reason".
[[nodiscard]] net::http_request extension_init_error_request(const net::origin& api,
                                                             const registration& as,
                                                             std::string_view type,
                                                             std::string_view message);

/// Errors (protocol): refused, with Lambda's type and message; no identifier.
[[nodiscard]] core::result<registration> parse_registration(const net::http_response& answer);
/// Errors (protocol): refused, not JSON, no such event.
[[nodiscard]] core::result<extension_event> parse_event(const net::http_response& answer);

}  // namespace lambda_cache::lambda
