#include "aws/redact.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <array>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_message = 400;
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

/// Session tokens and encoded messages: longer than any name's part, without a separator.
std::size_t encoded_length(std::string_view text) {
  constexpr std::size_t shortest = 100;
  const auto legal = [](char c) {
    return text::is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '%';
  };
  const auto end = std::ranges::find_if_not(text, legal);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length < shortest ? 0 : length;
}

}  // namespace

std::string showable_message(std::string_view message) {
  message = before_the_request(message);
  // Longer texts are cut anyway; this bounds the work.
  message = message.substr(0, 16 * longest_message);
  std::string out;
  while (!message.empty()) {
    const std::size_t secret = std::max(access_key_length(message), encoded_length(message));
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

}  // namespace lambda_cache::aws
