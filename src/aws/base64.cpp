#include "aws/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lambda_cache::aws {
namespace {

constexpr std::uint8_t no_digit = 0xff;

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(no_digit);
  for (std::uint8_t value = 0; const char c : alphabet)
    digits[static_cast<unsigned char>(c)] = value++;
  return digits;
}
constexpr std::array<std::uint8_t, 256> digits = make_digits();

}  // namespace

std::optional<core::secret_bytes> decode_base64(std::string_view text) {
  core::secret_bytes out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int filled = 0;  // digits of the present group
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (filled < 2 || ++padding + filled > 4) return std::nullopt;
      continue;
    }
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit || padding > 0) return std::nullopt;
    bits = bits << 6 | digit;
    if (++filled < 4) continue;
    out.push_back(static_cast<char>(bits >> 16));
    out.push_back(static_cast<char>(bits >> 8));
    out.push_back(static_cast<char>(bits));
    filled = 0;
  }
  if (padding > 0) {
    if (padding + filled != 4) return std::nullopt;
    if (filled == 3) {
      out.push_back(static_cast<char>(bits >> 10));
      out.push_back(static_cast<char>(bits >> 2));
    } else {
      out.push_back(static_cast<char>(bits >> 4));
    }
    return out;
  }
  if (filled != 0) return std::nullopt;
  return out;
}

void append_base64(core::secret_bytes& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const std::size_t taken = std::min<std::size_t>(bytes.size(), 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < taken ? static_cast<unsigned char>(bytes[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out.push_back(i <= taken ? alphabet[bits >> (18 - 6 * i) & 63] : '=');
    bytes.remove_prefix(taken);
  }
}

}  // namespace lambda_cache::aws
