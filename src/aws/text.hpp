// ASCII and UTF-8 helpers that do not depend on the locale.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws::text {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_alnum(char c) noexcept {
  return is_digit(c) || is_lower(c) || is_upper(c);
}
constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
/// A character that may stand in a URL or a header as it is.
constexpr bool is_visible(char c) noexcept {
  return c > 0x20 && c < 0x7f;
}
constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char to_upper(char c) noexcept {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] inline bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// Position of `needle` without regard to ASCII case, npos if it is not there.
[[nodiscard]] inline std::size_t ifind(std::string_view text, std::string_view needle) noexcept {
  const auto found = std::ranges::search(text, needle, {}, to_lower, to_lower);
  return found.empty() && !needle.empty() ? std::string_view::npos
                                          : static_cast<std::size_t>(found.begin() - text.begin());
}

[[nodiscard]] inline bool icontains(std::string_view text, std::string_view needle) noexcept {
  return ifind(text, needle) != std::string_view::npos;
}

/// A number in decimal digits, with a '-' where it is negative; nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text) noexcept;

/// Length of the well-formed UTF-8 sequence that `text` begins with; 0 if there is none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text) noexcept;

/// The text made fit for a message: control characters become spaces (runs of them one), broken
/// UTF-8 becomes '?', and what is longer than `max_bytes` ends in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// The same in single quotes, for text that the user wrote.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace lambda_cache::aws::text
