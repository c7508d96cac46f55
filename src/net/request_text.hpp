// A request as it goes over the wire.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/http_client.hpp"

namespace lambda_cache::net {

/// Head and body in one buffer, so that they leave in one system call and are wiped together; the
/// header values in `request` are wiped as well. invalid_argument if a part of the head would break
/// the request's form (line breaks and other control characters, spaces in the target).
[[nodiscard]] core::result<core::secret_bytes> write_request(http_request& request);

}  // namespace lambda_cache::net
