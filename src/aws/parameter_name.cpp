#include "aws/parameter_name.hpp"

#include "aws/endpoints.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_name = 2048;
constexpr std::string_view secret_reference = "/aws/reference/secretsmanager/";

std::unexpected<error_info> refuse(std::string_view text, std::string_view reason) {
  std::string message = "Parameter name " + text::quoted(text) + " ";
  message += reason;
  message += ".";
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

constexpr bool is_name_character(char c) noexcept {
  return text::is_alnum(c) || c == '_' || c == '.' || c == '-';
}

/// The first character that the name may not have, as text.
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

struct arn_parts {
  std::array<std::string_view, 5> head;  // "arn", partition, service, region, account
  std::string_view resource;
};

std::optional<arn_parts> split_arn(std::string_view arn) noexcept {
  arn_parts parts;
  for (std::string_view& field : parts.head) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    field = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts.resource = arn;
  return parts;
}

/// Why the ARN's fields before the resource are not those of a parameter; empty if they are.
std::string arn_defect(const arn_parts& arn) {
  const auto& [scheme, partition, service, region, account] = arn.head;
  if (!partition.starts_with("aws") || !is_region(partition))
    return "has no AWS partition after \"arn:\"";
  if (service != "ssm") return "is an ARN of service " + text::quoted(service) + ", not of ssm";
  if (!is_region(region)) return "has no region in its ARN";
  // Parameters that AWS publishes have no account.
  if (!account.empty() && (account.size() != 12 || !text::all_digits(account)))
    return "has an account in its ARN that is not 12 digits";
  if (!arn.resource.starts_with("parameter/"))
    return "is an ARN whose resource does not begin with \"parameter/\"";
  return {};
}

}  // namespace

core::result<parameter_name> parse_parameter_name(std::string_view text) {
  if (text.empty())
    return refuse(text, "is empty; give the name as Parameter Store has it, like /my/app/name");
  if (text.find_first_not_of(' ') == std::string_view::npos)
    return refuse(text, "is blank; give the name as Parameter Store has it, like /my/app/name");
  if (text.size() > longest_name)
    return refuse(text, "is longer than 2048 characters, the longest that the service takes");

  parameter_name out;
  std::string_view name = text;  // what names the parameter: all of it, or the ARN's resource
  if (text.starts_with("arn:")) {
    const auto arn = split_arn(text);
    if (!arn)
      return refuse(text, "is not a complete ARN (arn:aws:ssm:region:account:parameter/name)");
    if (const std::string defect = arn_defect(*arn); !defect.empty()) return refuse(text, defect);
    out.region = arn->head[3];
    name = arn->resource.substr(std::string_view("parameter").size());
  }

  const std::size_t colon = name.find(':');
  const bool selected = colon != std::string_view::npos;
  const std::string_view selector = selected ? name.substr(colon + 1) : std::string_view();
  name = name.substr(0, colon);
  if (selected && selector.empty())
    return refuse(text, "ends in ':'; a version number or a label has to follow");
  if (selector.find(':') != std::string_view::npos)
    return refuse(text, "has more than one ':'; only one version or label can be chosen");
  if (const auto bad = illegal_character(selector, ""))
    return refuse(text, "has " + *bad +
                            " in its version or label; letters, digits, '_', '.' and "
                            "'-' are possible");

  if (name.empty()) return refuse(text, "has nothing before its ':'");
  const bool secret = name.starts_with(secret_reference);
  if (const auto bad = illegal_character(name, secret ? "/+=@!" : "/"))
    return refuse(text,
                  "contains " + *bad + "; letters, digits, '_', '.', '-' and '/' are possible");
  if (name.ends_with('/')) return refuse(text, "ends in '/'; it names a path, not a parameter");

  out.request_name = text;
  out.base = text.substr(0, text.size() - (selected ? selector.size() + 1 : 0));
  out.selector = selector;
  out.pinned = text::all_digits(selector);
  out.short_name = name.substr(name.rfind('/') + 1);
  return out;
}

}  // namespace lambda_cache::aws
