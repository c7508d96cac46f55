#include "aws/secret_id.hpp"

#include "aws/arn.hpp"
#include "aws/text.hpp"

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_name = 512;
constexpr std::size_t longest_arn = 2048;
/// '!' is in the names of secrets that other services keep for you: "rds!cluster-...".
constexpr std::string_view also_in_names = "/+=@!";
constexpr std::string_view resource_kind = "secret:";
constexpr std::string_view id_option = "version_id=";
constexpr std::string_view stage_option = "version_stage=";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::unexpected<error_info> refuse_name(std::string_view text, std::string_view reason) {
  return refuse("Secret name " + text::quoted(text) + " " + std::string(reason) + ".");
}

/// The service gives no rule for the characters of version ids and stages; what cannot be meant is
/// what would not show in a message.
bool is_plain(std::string_view text) {
  return text::printable(text, text.size()) == text;
}
constexpr const char* unshowable = " has a control character in it, or is no UTF-8.";

core::result<void> check_version(const secret_id& of) {
  if (!of.version_id.empty()) {
    constexpr std::size_t shortest = 32;
    constexpr std::size_t longest = 64;
    if (of.version_id.size() < shortest || of.version_id.size() > longest)
      return refuse("version_id=" + text::quoted(of.version_id) +
                    " cannot be: the id of a secret's version has 32 to 64 characters.");
    if (!is_plain(of.version_id))
      return refuse("version_id=" + text::quoted(of.version_id) + unshowable);
  }
  constexpr std::size_t longest_stage = 256;
  if (of.version_stage.size() > longest_stage)
    return refuse("version_stage is longer than 256 characters.");
  if (!is_plain(of.version_stage))
    return refuse("version_stage=" + text::quoted(of.version_stage) + unshowable);
  return {};
}

}  // namespace

std::string secret_id::selector() const {
  if (!version_id.empty()) return std::string(id_option) + version_id;
  if (!version_stage.empty()) return std::string(stage_option) + version_stage;
  return {};
}

std::string secret_id::locator() const {
  const std::string version = selector();
  return version.empty() ? id : id + '#' + version;
}

std::string_view secret_id::given_name() const noexcept {
  const auto arn = split_arn(id);
  if (!arn) return id;
  constexpr std::size_t suffix = 7;  // "-AbCdEf"
  std::string_view name = arn->resource.substr(resource_kind.size());
  if (name.size() > suffix && name[name.size() - suffix] == '-') name.remove_suffix(suffix);
  return name;
}

core::result<secret_id> parse_secret_id(std::string_view text,
                                        const std::optional<std::string>& version_id,
                                        const std::optional<std::string>& version_stage) {
  if (text.empty()) return refuse_name(text, "is empty");
  secret_id out;
  std::string_view name = text;
  if (text.starts_with("arn:")) {
    if (text.size() > longest_arn)
      return refuse_name(text, "is longer than 2048 characters, the longest that an ARN can be");
    const auto parts = split_arn(text);
    if (!parts)
      return refuse_name(
          text, "is not a complete ARN (arn:aws:secretsmanager:region:account:secret:name)");
    if (const std::string defect = arn_defect(*parts, "secretsmanager"); !defect.empty())
      return refuse_name(text, defect);
    if (!parts->resource.starts_with(resource_kind))
      return refuse_name(text, "is an ARN whose resource does not begin with \"secret:\"");
    name = parts->resource.substr(resource_kind.size());
    if (name.empty()) return refuse_name(text, "is an ARN without a name at its end");
    out.region = parts->region;
  } else {
    if (text.size() > longest_name)
      return refuse_name(text, "is longer than 512 characters, the longest that the service takes");
    out.short_name = text.substr(text.rfind('/') + 1);
  }
  if (const auto bad = illegal_character(name, also_in_names))
    return refuse_name(text, "contains " + *bad +
                                 "; letters, digits, '_', '.', '-', '/', '+', '=', '@' and "
                                 "'!' are possible");
  out.id = text;
  if (version_id && version_stage)
    return refuse("version_id and version_stage both choose a version of " + out.id +
                  ": give one of them.");
  for (const auto& [option, chosen] :
       {std::pair{"version_id", &version_id}, std::pair{"version_stage", &version_stage}})
    if (*chosen && (*chosen)->empty())
      return refuse(std::string(option) + " is empty: leave it out for the present version.");
  out.version_id = version_id.value_or("");
  if (version_stage && *version_stage != "AWSCURRENT") out.version_stage = *version_stage;
  if (auto checked = check_version(out); !checked) return core::fail(std::move(checked.error()));
  return out;
}

secret_version split_secret_locator(std::string_view locator) noexcept {
  secret_version out;
  const std::size_t hash = locator.find('#');
  out.id = locator.substr(0, hash);
  if (hash == std::string_view::npos) return out;
  const std::string_view chosen = locator.substr(hash + 1);
  if (chosen.starts_with(id_option))
    out.version_id = chosen.substr(id_option.size());
  else if (chosen.starts_with(stage_option))
    out.version_stage = chosen.substr(stage_option.size());
  return out;
}

}  // namespace lambda_cache::aws
