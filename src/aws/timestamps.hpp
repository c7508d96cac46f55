// Dates as AWS writes and reads them. The proleptic Gregorian calendar in UTC, no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// "20150830T123600Z". Moments outside the years 0 to 9999 are moved to the nearest one inside.
[[nodiscard]] std::string format_amz_date(std::int64_t unix_seconds);

/// "2026-08-14T10:00:00Z", also with a fraction (dropped) and with an offset like +02:00.
[[nodiscard]] std::optional<std::int64_t> parse_iso8601(std::string_view text) noexcept;

}  // namespace lambda_cache::aws
