#include "aws/text.hpp"

#include <charconv>

namespace lambda_cache::aws::text {

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::size_t utf8_sequence(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };

  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !continues(1)) return 0;
  if (first < 0xe0) return 2;

  // The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  if (!continues(2)) return 0;
  if (first < 0xf0) return 3;
  return continues(3) ? 4 : 0;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), max_bytes + 3));
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view piece = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(piece.size());
    // U+0080 to U+009F are control characters too.
    const bool control = length == 1 ? is_control(piece[0])
                                     : length == 2 && piece[0] == '\xc2' &&
                                           static_cast<unsigned char>(piece[1]) < 0xa0;
    if (control || piece == " ") {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else if (out.size() + piece.size() > max_bytes) {
      // A space may have come one past the bound.
      if (!out.empty() && out.back() == ' ') out.pop_back();
      return out + "...";
    } else if (length == 0) {
      out.push_back('?');
    } else {
      out += piece;
    }
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 120;
  return "'" + printable(text, longest) + "'";
}

}  // namespace lambda_cache::aws::text
