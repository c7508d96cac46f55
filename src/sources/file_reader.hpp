// Small files that may hold secrets, read whole.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace lambda_cache::sources {

/// Nothing if there is no such regular file or it may not be read. Errors (credentials): larger
/// than `limit` bytes, or the reading fails.
[[nodiscard]] core::result<std::optional<core::secret_bytes>> read_small_file(
    const std::string& path, std::size_t limit);

/// The same for a token: without the line end behind it. `what` names the setting that gave the
/// path. Errors (credentials): also if it is missing, empty or no header value.
[[nodiscard]] core::result<core::secret_bytes> read_token_file(const std::string& path,
                                                               const std::string& what);

}  // namespace lambda_cache::sources
