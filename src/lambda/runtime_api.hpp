// The messages of the Lambda Runtime API, version 2018-06-01. Sans-IO.
#pragma once

#include <lambda_cache/runtime.hpp>

#include "core/result.hpp"
#include "net/http_client.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::lambda {

/// "host:port" as in AWS_LAMBDA_RUNTIME_API; the port defaults to 80.
[[nodiscard]] core::result<net::origin> parse_runtime_api(std::string_view address);

[[nodiscard]] net::http_request next_request(const net::origin& api);
[[nodiscard]] net::http_request answer_request(const net::origin& api, std::string_view request_id,
                                               const response& answer);
[[nodiscard]] net::http_request init_error_request(const net::origin& api, const response& failure);

/// The invocation that "next" brought. Error (protocol): it has no request id.
[[nodiscard]] core::result<request> parse_next(const net::http_response& answer);

/// {"errorMessage": ..., "errorType": ..., "stackTrace": []}
[[nodiscard]] std::string error_document(std::string_view message, std::string_view type);

}  // namespace lambda_cache::lambda
