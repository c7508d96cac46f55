#include "wiring/names.hpp"

#include "aws/text.hpp"

#include <array>
#include <utility>

namespace lambda_cache::wiring {
namespace {

struct prefix {
  std::string_view text;
  name_kind kind;
};
// An object's URI is its name.
constexpr std::array prefixes = {prefix{"ssm:", name_kind::parameter},
                                 prefix{"ssm-path:", name_kind::path},
                                 prefix{"secret:", name_kind::secret}};
constexpr std::string_view object_prefix = "s3://";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

/// What somebody who wrote no prefix may have meant; empty for what nobody can guess.
std::string guess(std::string_view given) {
  const std::string name(given);
  if (given.starts_with("arn:")) {
    if (given.find(":secretsmanager:") != std::string_view::npos) return "secret:" + name;
    if (given.find(":ssm:") != std::string_view::npos) return "ssm:" + name;
    if (given.find(":s3:::") != std::string_view::npos)
      return "s3://" + name.substr(name.find(":::") + 3);
    return {};
  }
  if (given.starts_with('/')) return (given.ends_with('/') ? "ssm-path:" : "ssm:") + name;
  for (const std::string_view close : {"s3:", "S3://"})
    if (given.starts_with(close)) {
      std::string_view rest = given.substr(close.size());
      while (rest.starts_with('/'))
        rest.remove_prefix(1);
      return std::string(object_prefix) + std::string(rest);
    }
  for (const std::string_view close : {"secretsmanager:", "secrets:", "secretsmanager://"})
    if (given.starts_with(close)) return "secret:" + name.substr(close.size());
  if (given.find(':') != std::string_view::npos) return {};
  return "ssm:" + name + " or secret:" + name;
}

}  // namespace

std::string_view legal_names() noexcept {
  return "ssm:/app/x (also ssm:/app/x:3, ssm:/app/x:label), ssm-path:/app/, secret:db, "
         "s3://bucket/key; ARNs behind ssm: and secret:";
}

core::result<asked_name> parse_name(std::string_view given) {
  asked_name out;
  out.given = given;
  for (const prefix& each : prefixes) {
    if (!given.starts_with(each.text)) continue;
    out.kind = each.kind;
    out.name = given.substr(each.text.size());
    if (out.name.empty())
      return refuse("'" + out.given + "' names nothing: a name has to follow, as in " +
                    std::string(legal_names()) + ".");
    return out;
  }
  if (given.starts_with(object_prefix)) {
    out.kind = name_kind::object;
    out.name = given;
    return out;
  }
  if (given.empty())
    return refuse("A name is empty; names look like " + std::string(legal_names()) + ".");
  const std::string meant = guess(given);
  return refuse(aws::text::quoted(given) + " does not say what it is" +
                (meant.empty() ? std::string(".") : ": did you mean " + meant + "?") +
                " Names look like " + std::string(legal_names()) + ".");
}

}  // namespace lambda_cache::wiring
