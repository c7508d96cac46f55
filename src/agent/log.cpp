#include "agent/log.hpp"

#include "aws/text.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <new>
#include <string>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

std::atomic<log_level> lowest{log_level::info};

std::string_view name_of(log_level level) {
  switch (level) {
    case log_level::error:
      return "ERROR";
    case log_level::warn:
      return "WARN";
    case log_level::info:
      return "INFO";
    case log_level::debug:
    case log_level::none:
      break;
  }
  return "DEBUG";
}

void append_time(std::string& out) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  std::array<char, 32> text{};
  out.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  constexpr long nanos_per_milli = 1'000'000;
  std::snprintf(text.data(), text.size(), ".%03ldZ ", now.tv_nsec / nanos_per_milli);
  out.append(text.data());
}

/// Nothing may end the line, or the quotes that a value stands in.
void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (aws::text::is_control(c)) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(c) & 0xffU);
      out += code.data();
    } else {
      if (in_quotes && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
}

}  // namespace

void set_log_level(log_level level) noexcept {
  lowest.store(level, std::memory_order_relaxed);
}

bool is_logged(log_level level) noexcept {
  return level != log_level::none && level <= lowest.load(std::memory_order_relaxed);
}

void log(log_level level, std::string_view text, std::initializer_list<log_field> fields) noexcept {
  if (!is_logged(level)) return;
  try {
    std::string line;
    append_time(line);
    line.append(name_of(level)).append(" ");
    append_escaped(line, text, false);
    for (const log_field& each : fields) {
      if (each.value.empty()) continue;
      line.append(" ").append(each.name).append("=\"");
      append_escaped(line, each.value, true);
      line += '"';
    }
    line += '\n';
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace lambda_cache::agent
