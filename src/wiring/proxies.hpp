// The proxies that the environment names, by botocore's rules.
#pragma once

#include "aws/credentials.hpp"
#include "core/result.hpp"
#include "net/proxy.hpp"

namespace lambda_cache::wiring {

/// HTTPS_PROXY is for https:// endpoints, HTTP_PROXY for http:// ones, NO_PROXY lists who is asked
/// directly. A variable in lower case beats the other, even when it is empty; HTTP_PROXY in upper
/// case does not count in a CGI program (REQUEST_METHOD), where a client may set it. ALL_PROXY is
/// nothing to botocore, nor to us.
/// Errors (invalid_argument) name the variable, not its text: passwords may be anywhere in it.
[[nodiscard]] core::result<net::proxy_settings> resolve_proxies(const aws::environment& env);

}  // namespace lambda_cache::wiring
