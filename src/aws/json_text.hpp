// JSON text for request bodies, written piece by piece into memory that is wiped.
#pragma once

#include "core/secret_memory.hpp"

#include <string_view>

namespace lambda_cache::aws {

void append(core::secret_bytes& out, std::string_view text);
/// A JSON string with its quotes; broken UTF-8 becomes U+FFFD, so that the body stays JSON.
void append_json_string(core::secret_bytes& out, std::string_view text);

}  // namespace lambda_cache::aws
