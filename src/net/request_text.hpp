// A request as it goes over the wire.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/http_client.hpp"

namespace lambda_cache::net {

/// Head and body in one buffer, so that they leave in one system call and are wiped together; the
/// header values in `request` are wiped as well. invalid_argument if a part of the head would break
/// the request's form (line breaks and other control characters, spaces in the target).
/// `through`, which may be null, is the proxy that gets it: a plain request is then written for the
/// proxy (RFC 9112 §3.2.2); one over TLS is nothing for its eyes.
[[nodiscard]] core::result<core::secret_bytes> write_request(http_request& request,
                                                             const proxy* through = nullptr);

}  // namespace lambda_cache::net
