#include "aws/parameter_name.hpp"

#include "aws/arn.hpp"
#include "aws/text.hpp"

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
    const auto parts = split_arn(text);
    if (!parts)
      return refuse(text, "is not a complete ARN (arn:aws:ssm:region:account:parameter/name)");
    if (const std::string defect = arn_defect(*parts, "ssm"); !defect.empty())
      return refuse(text, defect);
    if (!parts->resource.starts_with("parameter/"))
      return refuse(text, "is an ARN whose resource does not begin with \"parameter/\"");
    out.region = parts->region;
    name = parts->resource.substr(std::string_view("parameter").size());
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
