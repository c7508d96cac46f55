// Base64 (RFC 4648 §4), as binary values come in JSON.
#pragma once

#include "core/secret_memory.hpp"

#include <optional>
#include <string_view>

namespace lambda_cache::aws {

/// The bytes; nothing if the text is not base64. Padding is required, line breaks are skipped:
/// MIME encoders put them in.
[[nodiscard]] std::optional<core::secret_bytes> decode_base64(std::string_view text);
/// Padded, in one line, behind what `out` holds.
void append_base64(core::secret_bytes& out, std::string_view bytes);

}  // namespace lambda_cache::aws
