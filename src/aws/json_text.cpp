#include "aws/json_text.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lambda_cache::aws {
namespace {

void append_escape(core::secret_bytes& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      return append(out, "\\\"");
    case '\\':
      return append(out, "\\\\");
    case '\n':
      return append(out, "\\n");
    case '\r':
      return append(out, "\\r");
    case '\t':
      return append(out, "\\t");
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  append(out, "\\u00");
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

constexpr std::uint64_t each_byte(unsigned char byte) {
  return 0x0101010101010101ULL * byte;
}

/// Whether none of eight bytes needs a look: printable ASCII but '"' and '\\'.
bool are_plain(const char* eight) noexcept {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, eight, sizeof bytes);
  const auto has_zero = [](std::uint64_t of) {
    return (of - each_byte(1)) & ~of & each_byte(0x80);
  };
  const std::uint64_t controls = (bytes - each_byte(0x20)) & ~bytes;
  return ((bytes | controls) & each_byte(0x80)) == 0 &&
         (has_zero(bytes ^ each_byte('"')) | has_zero(bytes ^ each_byte('\\')) |
          has_zero(bytes ^ each_byte(0x7f))) == 0;
}

/// How many bytes at the front can be taken as they are; a multiple of eight.
std::size_t plain_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (text.size() - length >= sizeof(std::uint64_t) && are_plain(text.data() + length))
    length += sizeof(std::uint64_t);
  return length;
}

}  // namespace

void append(core::secret_bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

void append_json_string(core::secret_bytes& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    if (const std::size_t plain = plain_length(text); plain != 0) {
      append(out, text.substr(0, plain));
      text.remove_prefix(plain);
      continue;
    }
    const std::size_t length = text::utf8_sequence(text);
    const char c = text.front();
    if (length == 0) {
      append(out, "\xef\xbf\xbd");
    } else if (length > 1) {
      append(out, text.substr(0, length));
    } else if (text::is_control(c) || c == '"' || c == '\\') {
      append_escape(out, c);
    } else {
      out.push_back(c);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
}

}  // namespace lambda_cache::aws
