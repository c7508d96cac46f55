#include "agent/query.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <charconv>

namespace lambda_cache::agent {
namespace {

constexpr std::size_t most_members = 256;

/// False if it is no form-encoded text.
bool decode(std::string_view text, std::string& out) {
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      unsigned char byte = 0;
      const std::string_view digits = text.substr(i + 1, 2);
      const auto [end, failed] =
          std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (failed != std::errc() || digits.size() != 2 || end != digits.data() + 2) return false;
      out += static_cast<char>(byte);
      i += 2;
    }
  }
  return true;
}

}  // namespace

target split_target(std::string_view whole) noexcept {
  whole = whole.substr(0, whole.find('#'));
  target out;
  constexpr std::string_view scheme = "http://";
  if (aws::text::iequals(whole.substr(0, scheme.size()), scheme)) {
    whole.remove_prefix(scheme.size());
    const std::size_t end = std::min(whole.find_first_of("/?"), whole.size());
    out.authority = whole.substr(0, end);
    whole.remove_prefix(end);
    if (!whole.starts_with('/')) out.path = "/";
  }
  const std::size_t mark = std::min(whole.find('?'), whole.size());
  if (mark != 0 || !out.authority) out.path = whole.substr(0, mark);
  if (mark < whole.size()) out.query = whole.substr(mark + 1);
  return out;
}

core::result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const std::string_view member = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), member.size() + 1));
    if (member.empty()) continue;
    if (out.size() == most_members)
      return core::fail(
          core::make_error(error_kind::invalid_argument, "the query has more than 256 members"));
    const std::size_t equals = member.find('=');
    auto& [name, value] = out.emplace_back();
    const bool fine =
        decode(member.substr(0, equals), name) &&
        (equals == std::string_view::npos || decode(member.substr(equals + 1), value));
    if (!fine)
      return core::fail(core::make_error(
          error_kind::invalid_argument,
          "the query has a '%' without two hexadecimal digits behind it: write %25 for a '%'"));
  }
  return out;
}

}  // namespace lambda_cache::agent
