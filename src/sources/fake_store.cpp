#include "sources/fake_store.hpp"

#include "aws/arn.hpp"
#include "aws/parameter_name.hpp"
#include "aws/secret_id.hpp"
#include "aws/text.hpp"
#include "sources/fake_objects.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr std::string_view account = "123456789012";
constexpr std::string_view current = "AWSCURRENT";
constexpr std::string_view previous = "AWSPREVIOUS";
/// "-AbCdEf", which the service puts behind a secret's name in its ARN.
constexpr std::string_view arn_suffix = "-A1b2C3";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

core::secret_bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string arn(std::string_view service, const std::string& region, std::string_view resource) {
  std::string out = "arn:aws:";
  out.append(service).append(":").append(region).append(":").append(account).append(":");
  return out.append(resource);
}

std::string_view without_slash(std::string_view name) noexcept {
  if (name.starts_with('/')) name.remove_prefix(1);
  return name;
}

/// "db" of "db-A1b2C3".
std::string_view without_suffix(std::string_view name) noexcept {
  if (name.size() > arn_suffix.size() && name[name.size() - arn_suffix.size()] == '-')
    name.remove_suffix(arn_suffix.size());
  return name;
}

fake_refusal absent(std::string_view code, std::string_view what, std::string_view name) {
  std::string message = "the fake cloud of this test has no " + std::string(what) + " ";
  message.append(name).append("; put it there first");
  return {std::string(code), std::move(message)};
}

fake_name parameter_parts(std::string_view locator) {
  // A path is the same with and without it.
  if (locator.ends_with('/')) locator.remove_suffix(1);
  const auto parsed = aws::parse_parameter_name(locator);
  if (!parsed) return {std::string(without_slash(locator)), {}, false};
  const auto parts = aws::split_arn(parsed->base);
  const bool is_arn = parts && parsed->base.starts_with("arn:");
  const std::string_view name =
      is_arn ? parts->resource.substr(std::string_view("parameter").size()) : parsed->base;
  return {std::string(without_slash(name)), parsed->selector, is_arn};
}

fake_name secret_parts(std::string_view locator) {
  const auto chosen = aws::split_secret_locator(locator);
  fake_name out{std::string(chosen.id), {}, false};
  if (chosen.id.size() != locator.size())
    out.selector = std::string(locator.substr(chosen.id.size() + 1));
  const auto parts = aws::split_arn(chosen.id);
  if (parts && chosen.id.starts_with("arn:")) {
    out.base = std::string(parts->resource.substr(std::string_view("secret:").size()));
    out.is_arn = true;
  }
  return out;
}

}  // namespace

fake_name take_apart(std::string_view service, std::string_view locator) {
  if (service == "ssm") return parameter_parts(locator);
  if (service == "secretsmanager") return secret_parts(locator);
  return {std::string(locator), {}, false};
}

bool means(std::string_view service, std::string_view name, std::string_view locator) {
  if (name == locator) return true;
  if (service == "s3") return means_object(name, locator);
  const fake_name said = take_apart(service, name);
  const fake_name asked = take_apart(service, locator);
  if (!said.selector.empty() && said.selector != asked.selector) return false;
  if (said.base == asked.base) return true;
  return service == "secretsmanager" && said.is_arn != asked.is_arn &&
         (said.is_arn ? without_suffix(said.base) == asked.base
                      : said.base == without_suffix(asked.base));
}

core::result<std::int64_t> fake_parameters::put(std::string_view name, std::string_view value,
                                                std::string_view type,
                                                std::span<const std::string> labels) {
  const auto parsed = aws::parse_parameter_name(name);
  if (!parsed) return core::fail(parsed.error());
  if (!parsed->selector.empty() || name.starts_with("arn:"))
    return refuse("Put a parameter by its name, not as " + aws::text::quoted(name) +
                  ": its versions are counted as they come.");
  if (type != "String" && type != "StringList" && type != "SecureString")
    return refuse("type=" + aws::text::quoted(type) +
                  " is no type of a parameter: String, StringList and SecureString are.");
  for (const std::string& each : labels)
    if (each.empty() || aws::text::all_digits(each) || aws::illegal_character(each, ""))
      return refuse("label=" + aws::text::quoted(each) +
                    " cannot be: a label has letters, digits, '_', '.' and '-', and not only "
                    "digits.");
  parameter& of = parameters_[std::string(without_slash(name))];
  of.name = name;
  of.versions.push_back({bytes_of(value), std::string(type)});
  const auto number = static_cast<std::int64_t>(of.versions.size());
  for (const std::string& each : labels)
    of.labels[each] = number;
  return number;
}

core::result<void> fake_parameters::label(std::string_view name, const std::string& label,
                                          std::int64_t to) {
  const auto found = parameters_.find(std::string(without_slash(name)));
  const auto newest =
      found == parameters_.end() ? 0 : static_cast<std::int64_t>(found->second.versions.size());
  if (to == 0) to = newest;
  if (to < 1 || to > newest)
    return refuse("There is no version " + std::to_string(to) + " of " + aws::text::quoted(name) +
                  " in the fake cloud to label.");
  if (label.empty() || aws::text::all_digits(label) || aws::illegal_character(label, ""))
    return refuse(
        "label=" + aws::text::quoted(label) +
        " cannot be: a label has letters, digits, '_', '.' and '-', and not only digits.");
  found->second.labels[label] = to;
  return {};
}

bool fake_parameters::remove(std::string_view name) {
  return parameters_.erase(std::string(without_slash(name))) != 0;
}

fake_answer fake_parameters::find(std::string_view locator, bool decrypt,
                                  const std::string& region) const {
  const fake_name asked = parameter_parts(locator);
  const auto found = parameters_.find(asked.base);
  if (found == parameters_.end())
    return std::unexpected(absent("ParameterNotFound", "parameter", locator));
  const parameter& of = found->second;
  auto number = static_cast<std::int64_t>(of.versions.size());
  if (!asked.selector.empty()) {
    const std::string& chosen = asked.selector;
    if (aws::text::all_digits(chosen)) {
      const auto newest = number;
      const auto [end, failure] =
          std::from_chars(chosen.data(), chosen.data() + chosen.size(), number);
      if (failure != std::errc{} || number < 1 || number > newest) number = 0;
    } else {
      const auto labelled = of.labels.find(chosen);
      number = labelled == of.labels.end() ? 0 : labelled->second;
    }
    if (number == 0)
      return std::unexpected(absent("ParameterVersionNotFound",
                                    "version or label like this of a parameter:", locator));
  }
  core::value_data out = value_of(of, number, decrypt, region);
  if (!asked.selector.empty()) {
    core::value_details more = *out.details;
    more.selector = ':' + asked.selector;
    out.details = std::make_shared<const core::value_details>(std::move(more));
  }
  return out;
}

core::value_data fake_parameters::value_of(const parameter& of, std::int64_t number, bool decrypt,
                                           const std::string& region) {
  const version& chosen = of.versions[static_cast<std::size_t>(number - 1)];
  core::value_data out;
  out.kind = chosen.type == "StringList" ? core::value_kind::text_list : core::value_kind::text;
  out.type = chosen.type;
  out.version = number;
  out.arn = arn("ssm", region, "parameter/" + std::string(without_slash(of.name)));
  out.content = chosen.type == "SecureString" && !decrypt
                    ? bytes_of("ciphertext of " + of.name + ':' + std::to_string(number))
                    : chosen.content;
  core::value_details more;
  more.name = of.name;
  more.data_type = "text";
  out.details = std::make_shared<const core::value_details>(std::move(more));
  return out;
}

std::vector<std::string> fake_parameters::names() const {
  std::vector<std::string> out;
  out.reserve(parameters_.size());
  for (const auto& [base, of] : parameters_)
    out.push_back(of.name);
  return out;
}

core::result<std::string> fake_secrets::put(std::string_view name, std::string_view value,
                                            version_options how) {
  const auto parsed = aws::parse_secret_id(
      name, how.version_id.empty() ? std::nullopt : std::optional(how.version_id));
  if (!parsed) return core::fail(parsed.error());
  if (name.starts_with("arn:"))
    return refuse("Put a secret by its name, not as " + aws::text::quoted(name) + ".");
  for (const std::string& stage : how.stages)
    if (const auto wrong = aws::parse_secret_id(name, std::nullopt, stage); !wrong)
      return core::fail(wrong.error());
  if (how.version_id.empty()) {
    constexpr std::size_t digits = 12;
    const std::string number = std::to_string(++last_id_);
    how.version_id = "00000000-0000-4000-8000-" +
                     std::string(digits - std::min(digits, number.size()), '0') + number;
  }
  if (how.stages.empty()) how.stages.emplace_back(current);

  secret& of = secrets_[std::string(name)];
  if (std::ranges::find(of.versions, how.version_id, &version::id) != of.versions.end())
    return refuse("version_id=" + how.version_id + " is a version of " + std::string(name) +
                  " already; versions never change.");
  of.versions.push_back({how.version_id, bytes_of(value), how.is_binary});
  for (const std::string& stage : how.stages) {
    const auto before = of.stages.find(stage);
    if (stage == current && before != of.stages.end())
      of.stages[std::string(previous)] = before->second;
    of.stages[stage] = how.version_id;
  }
  return how.version_id;
}

bool fake_secrets::remove(std::string_view name) {
  return secrets_.erase(std::string(name)) != 0;
}

fake_answer fake_secrets::find(std::string_view locator, const std::string& region) const {
  constexpr std::string_view code = "ResourceNotFoundException";
  const auto chosen = aws::split_secret_locator(locator);
  const fake_name asked = secret_parts(locator);
  auto found = secrets_.find(asked.base);
  if (found == secrets_.end() && asked.is_arn)
    found = secrets_.find(std::string(without_suffix(asked.base)));
  if (found == secrets_.end()) return std::unexpected(absent(code, "secret", locator));
  const secret& of = found->second;
  std::string id(chosen.version_id);
  if (id.empty()) {
    const auto stage =
        of.stages.find(std::string(chosen.version_stage.empty() ? current : chosen.version_stage));
    if (stage != of.stages.end()) id = stage->second;
  }
  const auto at = std::ranges::find(of.versions, id, &version::id);
  if (at == of.versions.end())
    return std::unexpected(absent(code, "version or stage like this of a secret:", locator));
  core::value_data out;
  out.kind = at->is_binary ? core::value_kind::bytes : core::value_kind::text;
  out.type = at->is_binary ? "SecretBinary" : "SecretString";
  out.content = at->content;
  out.version_id = at->id;
  out.arn = arn("secretsmanager", region, "secret:" + found->first + std::string(arn_suffix));
  core::value_details more;
  more.name = found->first;
  for (const auto& [stage, version_id] : of.stages)
    if (version_id == at->id) more.stages.push_back(stage);
  out.details = std::make_shared<const core::value_details>(std::move(more));
  return out;
}

std::vector<std::string> fake_secrets::names() const {
  std::vector<std::string> out;
  out.reserve(secrets_.size());
  for (const auto& [name, of] : secrets_)
    out.push_back(name);
  return out;
}

}  // namespace lambda_cache::sources
