#include "aws/redact.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <array>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_message = 400;
constexpr std::size_t longest_read = 16 * longest_message;
constexpr std::string_view hidden = "***";

/// What follows these words repeats the signed request with its headers.
std::string_view before_the_request(std::string_view message) {
  constexpr std::array<std::string_view, 4> openings = {
      "the canonical string", "the string-to-sign", "authorization header: ", "authorization="};
  for (const std::string_view opening : openings)
    message = message.substr(0, text::ifind(message, opening));
  return message;
}

/// Access key ids (AKIA..., ASIA... and what "Credential=" introduces).
std::size_t access_key_length(std::string_view text) {
  constexpr std::size_t shortest = 12;
  constexpr std::string_view credential = "Credential=";
  if (text.starts_with(credential)) return std::min(text.find_first_of("/, ';\""), text.size());
  if (!text.starts_with("AKIA") && !text.starts_with("ASIA")) return 0;
  const auto legal = [](char c) { return text::is_upper(c) || text::is_digit(c); };
  const auto end = std::ranges::find_if_not(text, legal);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length < shortest ? 0 : length;
}

bool is_encoded(char c) noexcept {
  return text::is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '%';
}

/// Session tokens and encoded messages: longer than any name's part, without a separator.
std::size_t encoded_length(std::string_view text) {
  constexpr std::size_t shortest = 100;
  const auto end = std::ranges::find_if_not(text, is_encoded);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length < shortest ? 0 : length;
}

bool is_base64(char c) noexcept {
  return text::is_alnum(c) || c == '+' || c == '/';
}

/// Secret access keys: 40 characters of base64, in both cases (as no hash in hexadecimal digits).
std::size_t secret_key_length(std::string_view text) {
  constexpr std::size_t length = 40;
  const auto end = std::ranges::find_if_not(text, is_base64);
  if (end - text.begin() != length) return 0;
  text = text.substr(0, length);
  return std::ranges::any_of(text, text::is_upper) && std::ranges::any_of(text, text::is_lower)
             ? length
             : 0;
}

std::string without_secrets(std::string_view message, bool secret_keys) {
  message = before_the_request(message);
  // Longer texts are cut anyway; this bounds the work.
  if (message.size() > longest_read) {
    message = message.substr(0, longest_read);
    // A token that was cut is shorter than one; what may be one goes as a whole.
    while (!message.empty() && is_encoded(message.back()))
      message.remove_suffix(1);
  }
  std::string out;
  char before = ' ';
  while (!message.empty()) {
    std::size_t secret = std::max(access_key_length(message), encoded_length(message));
    if (secret == 0 && secret_keys && !is_base64(before)) secret = secret_key_length(message);
    before = message.front();
    if (secret == 0) {
      out.push_back(message.front());
      message.remove_prefix(1);
    } else {
      out += hidden;
      message.remove_prefix(secret);
    }
  }
  return text::printable(out, longest_message);
}

}  // namespace

std::string showable_message(std::string_view message) {
  return without_secrets(message, false);
}

std::string showable_output(std::string_view output) {
  return without_secrets(output, true);
}

}  // namespace lambda_cache::aws
