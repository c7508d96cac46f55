// One line to standard error for each record.
#pragma once

#include "agent/settings.hpp"

#include <initializer_list>
#include <string_view>

namespace lambda_cache::agent {

struct log_field {
  std::string_view name;
  std::string_view value;  // left out if empty
};

/// Records below it are dropped; info before the first call. Any thread.
void set_log_level(log_level level) noexcept;
[[nodiscard]] bool is_logged(log_level level) noexcept;

/// "2026-11-25T10:00:00.123Z WARN text name="value"", in one write, so that lines of threads do not
/// mix. Control characters are escaped. Nothing that is secret may come here. Any thread; memory
/// that runs out, and an error stream that is closed, lose the record.
void log(log_level level, std::string_view text,
         std::initializer_list<log_field> fields = {}) noexcept;

}  // namespace lambda_cache::agent
