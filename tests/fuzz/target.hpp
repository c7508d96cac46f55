// What the fuzz targets share. A target is a function of one input's bytes; it ends the program
// where the code under test breaks a promise.
#pragma once

#include <lambda_cache/error.hpp>

#include "aws/text.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::fuzz {

/// Ends the program unless the promise is kept.
inline void require(bool kept, const char* promise,
                    std::source_location where = std::source_location::current()) {
  if (kept) return;
  std::fprintf(stderr, "%s:%u: broken promise: %s\n", where.file_name(), where.line(), promise);
  std::abort();
}

/// Stands for a secret in the seeds and the dictionaries: no message may show it.
inline constexpr std::string_view canary = "C4n4ry0fS3cr3ts";

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = aws::text::utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Text for people: one line of UTF-8, not endless.
inline void require_readable(std::string_view message) {
  constexpr std::size_t longest = 8192;
  require(!message.empty(), "a message says something");
  require(message.size() <= longest, "a message is bounded");
  require(std::ranges::none_of(message, aws::text::is_control), "a message is one line");
  require(is_utf8(message), "a message is UTF-8");
}

/// The same, of an error about text that is a secret or may hold one.
inline void require_discreet(const error_info& why) {
  require_readable(why.message);
  for (const std::string* part : {&why.message, &why.code, &why.name, &why.request_id})
    require(!part->contains(canary), "an error shows no secret");
}

/// Cuts the first line off, without its end.
inline std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

/// Cuts off what comes before the next line "---": an input of several texts.
inline std::string_view take_part(std::string_view& rest) {
  constexpr std::string_view separator = "---\n";
  for (std::size_t at = 0; at < rest.size();) {
    if (rest.substr(at).starts_with(separator)) {
      const std::string_view part = rest.substr(0, at);
      rest.remove_prefix(at + separator.size());
      return part;
    }
    at = std::min(rest.find('\n', at), rest.size() - 1) + 1;
  }
  return std::exchange(rest, {});
}

}  // namespace lambda_cache::fuzz
