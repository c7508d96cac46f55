#include "aws/json_text.hpp"

#include "aws/text.hpp"

#include <algorithm>

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

}  // namespace

void append(core::secret_bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

void append_json_string(core::secret_bytes& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
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
