#include "aws/shared_config.hpp"

#include "aws/command_line.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::aws {
namespace {

const ini_section* find_section(const ini_sections& in, std::string_view name) noexcept {
  const auto found = std::ranges::find_if(in, [&](const ini_section& s) { return s.name == name; });
  return found == in.end() ? nullptr : &*found;
}

/// A later section of the same name replaces the earlier one ([profile x] and [profile "x"]).
void put(ini_sections& into, std::string_view name, ini_section section) {
  section.name = name;
  const auto same =
      std::ranges::find_if(into, [&](const ini_section& s) { return s.name == name; });
  if (same == into.end())
    into.push_back(std::move(section));
  else
    *same = std::move(section);
}

/// The x of [profile x]; nothing unless there are exactly two words.
std::optional<std::string> second_word(std::string_view section_name) {
  const auto words = split_command(section_name);
  if (!words || words->size() != 2) return std::nullopt;
  return (*words)[1];
}

std::optional<std::string_view> value_of(const ini_section* section,
                                         std::string_view option) noexcept {
  const ini_option* found = section == nullptr ? nullptr : section->find(option);
  // A block of settings is not a value.
  if (found == nullptr || found->has_nested) return std::nullopt;
  return std::string_view(found->value);
}

bool is_name_character(char c) noexcept {
  return text::is_alnum(c) || c == '_';
}

/// $NAME and ${NAME}.
std::string expand_variables(std::string_view path, const environment& env) {
  std::string out;
  while (!path.empty()) {
    if (path.front() != '$') {
      out.push_back(path.front());
      path.remove_prefix(1);
      continue;
    }
    const bool braces = path.substr(1).starts_with('{');
    std::size_t length = 0;
    std::string_view name;
    if (braces) {
      const std::size_t close = path.find('}');
      if (close != std::string_view::npos) {
        name = path.substr(2, close - 2);
        length = close + 1;
      }
    } else {
      const auto end = std::ranges::find_if_not(path.substr(1), is_name_character);
      length = static_cast<std::size_t>(end - path.begin());
      name = path.substr(1, length - 1);
    }
    const auto value = name.empty() ? std::nullopt : env(name);
    if (length == 0) length = 1;
    out.append(value ? std::string_view(*value) : path.substr(0, length));
    path.remove_prefix(length);
  }
  return out;
}

std::string path_of(const environment& env, std::string_view variable, std::string_view otherwise) {
  const auto set = env(variable);
  return expand_path(set && !set->empty() ? std::string_view(*set) : otherwise, env);
}

}  // namespace

std::string expand_path(std::string_view path, const environment& env) {
  std::string out = expand_variables(path, env);
  if (out != "~" && !out.starts_with("~/")) return out;
  std::string home = env("HOME").value_or(std::string());
  if (home.empty()) return {};
  while (home.size() > 1 && home.ends_with('/'))
    home.pop_back();
  return out.size() > 1 && home == "/" ? out.substr(1) : home + out.substr(1);
}

shared_files shared_files_of(const environment& env) {
  return {path_of(env, "AWS_CONFIG_FILE", "~/.aws/config"),
          path_of(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")};
}

std::optional<std::string> chosen_profile(const environment& env) {
  for (const std::string_view name : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"})
    if (auto chosen = env(name); chosen && !chosen->empty()) return chosen;
  return std::nullopt;
}

core::result<shared_config> shared_config::parse(const shared_files& paths, std::string_view config,
                                                 std::string_view credentials) {
  auto sections = parse_ini(config, paths.config);
  if (!sections) return core::fail(std::move(sections.error()));
  auto keys = parse_ini(credentials, paths.credentials);
  if (!keys) return core::fail(std::move(keys.error()));

  shared_config out;
  for (ini_section& section : *sections) {
    const std::string_view name = section.name;
    ini_sections* into = name.starts_with("profile")       ? &out.profiles_
                         : name.starts_with("sso-session") ? &out.sso_sessions_
                         : name.starts_with("services")    ? &out.services_
                                                           : nullptr;
    if (into != nullptr) {
      if (const auto word = second_word(name)) put(*into, *word, std::move(section));
    } else if (name == "default") {
      put(out.profiles_, "default", std::move(section));
    }
  }
  out.credentials_ = std::move(*keys);
  return out;
}

bool shared_config::has_profile(std::string_view profile) const noexcept {
  return find_section(profiles_, profile) != nullptr ||
         find_section(credentials_, profile) != nullptr;
}

std::optional<std::string_view> shared_config::find(std::string_view profile,
                                                    std::string_view option) const noexcept {
  const auto found = find_in_credentials(profile, option);
  return found ? found : find_in_config(profile, option);
}

std::optional<std::string_view> shared_config::find_in_config(
    std::string_view profile, std::string_view option) const noexcept {
  return value_of(find_section(profiles_, profile), option);
}

std::optional<std::string_view> shared_config::find_in_credentials(
    std::string_view profile, std::string_view option) const noexcept {
  return value_of(find_section(credentials_, profile), option);
}

const ini_section* shared_config::sso_session(std::string_view name) const noexcept {
  return find_section(sso_sessions_, name);
}

std::optional<std::string_view> shared_config::service_endpoint(std::string_view services,
                                                                std::string_view service_id,
                                                                bool& known) const noexcept {
  const ini_section* section = find_section(services_, services);
  known = section != nullptr && !section->options.empty();
  const ini_option* service = section == nullptr ? nullptr : section->find(service_id);
  if (service == nullptr) return std::nullopt;
  for (const auto& [name, value] : service->nested)
    if (name == "endpoint_url") return std::string_view(value);
  return std::nullopt;
}

core::result<bool> parse_flag(std::string_view option, std::string_view text) {
  if (text::iequals(text, "true")) return true;
  if (text.empty() || text::iequals(text, "false")) return false;
  return core::fail(core::make_error(
      error_kind::invalid_argument,
      std::string(option) + "=" + text::quoted(text) + " is neither 'true' nor 'false'."));
}

core::result<std::string> configured_endpoint_url(const environment& env,
                                                  const shared_config& files,
                                                  std::string_view profile,
                                                  std::string_view service_id) {
  constexpr std::string_view ignore_variable = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
  constexpr std::string_view ignore_option = "ignore_configured_endpoint_urls";
  const auto variable = env(ignore_variable);
  const auto ignore =
      variable ? parse_flag(ignore_variable, *variable)
               : parse_flag(ignore_option, files.find(profile, ignore_option).value_or(""));
  if (!ignore) return core::fail(ignore.error());
  if (*ignore) return std::string();

  std::string own = "AWS_ENDPOINT_URL_";
  std::ranges::transform(service_id, std::back_inserter(own), text::to_upper);
  for (const std::string_view name : {std::string_view(own), std::string_view("AWS_ENDPOINT_URL")})
    if (auto url = env(name); url && !url->empty()) return std::move(*url);

  if (const auto services = files.find(profile, "services")) {
    bool known = false;
    const auto url = files.service_endpoint(*services, service_id, known);
    if (!known)
      return core::fail(core::make_error(error_kind::invalid_argument,
                                         "The profile " + text::quoted(profile) +
                                             " names services=" + text::quoted(*services) +
                                             ", but the config file has no [services " +
                                             text::printable(*services, 120) + "] section."));
    if (url && !url->empty()) return std::string(*url);
  }
  return std::string(files.find(profile, "endpoint_url").value_or(""));
}

}  // namespace lambda_cache::aws
