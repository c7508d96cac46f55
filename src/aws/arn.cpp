#include "aws/arn.hpp"

#include "aws/endpoints.hpp"
#include "aws/text.hpp"

#include <algorithm>

namespace lambda_cache::aws {
namespace {

constexpr bool is_name_character(char c) noexcept {
  return text::is_alnum(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

std::optional<arn> split_arn(std::string_view text) noexcept {
  std::array<std::string_view, 5> head;  // the first is "arn"
  for (std::string_view& field : head) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  return arn{head[1], head[2], head[3], head[4], text};
}

std::string arn_defect(const arn& of, std::string_view service) {
  if (!of.partition.starts_with("aws") || !is_region(of.partition))
    return "has no AWS partition after \"arn:\"";
  if (of.service != service)
    return "is an ARN of service " + text::quoted(of.service) + ", not of " + std::string(service);
  if (!is_region(of.region)) return "has no region in its ARN";
  // What AWS publishes itself has no account.
  if (!of.account.empty() && (of.account.size() != 12 || !text::all_digits(of.account)))
    return "has an account in its ARN that is not 12 digits";
  return {};
}

std::optional<std::string> illegal_character(std::string_view name, std::string_view also_legal) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (is_name_character(name[at]) || also_legal.find(name[at]) != std::string_view::npos)
      continue;
    if (name[at] == ' ') return "a space";
    if (text::is_control(name[at])) return "a control character";
    const std::size_t length = std::max<std::size_t>(text::utf8_sequence(name.substr(at)), 1);
    return text::quoted(name.substr(at, length));
  }
  return std::nullopt;
}

}  // namespace lambda_cache::aws
