// What a client is told when something went wrong.
#pragma once

#include "agent/request.hpp"
#include "agent/settings.hpp"
#include "core/result.hpp"

#include <string_view>

namespace lambda_cache::agent {

/// A request that was written wrong: 400.
[[nodiscard]] response invalid_request(std::string_view message, bool as_json);

/// A read that failed. Compatible: as AWS's product of that mode answers. As JSON: the service's
/// status, and what the library knows of it.
[[nodiscard]] response failed_read(const error_info& why, compatibility mode, bool as_json);

/// One of several names that could not be read, as a JSON object.
void append_miss(core::secret_bytes& out, std::string_view name, const error_info& why);

/// Of a failure as JSON, also inside of a larger answer: the service's code, or one that fits.
[[nodiscard]] std::string_view code_of(const error_info& why) noexcept;
/// The status of a failure as JSON.
[[nodiscard]] int status_of(const error_info& why) noexcept;

}  // namespace lambda_cache::agent
