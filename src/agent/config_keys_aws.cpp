#include "agent/config_keys.hpp"
#include "agent/config_values.hpp"
#include "aws/endpoints.hpp"

#include <array>

namespace lambda_cache::agent {
namespace {

using notes_list = std::vector<std::string>;

// Sections of AWS's file.
constexpr std::string_view logging = "logging";
constexpr std::string_view manager = "capabilities.secrets_manager";
constexpr std::string_view kept = "capabilities.secrets_manager.cache";
constexpr std::string_view guard = "capabilities.secrets_manager.security";

bool is_header_name(const std::string& text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return std::ranges::all_of(text,
                             [&](char c) { return aws::text::is_alnum(c) || others.contains(c); });
}

bool is_variable_name(const std::string& text) {
  return !text.contains('=');
}

bool set_port(const toml_value& from, settings& to) {
  int port = 0;
  if (!set_whole(from, 0, 65535, port) || (port > 0 && port < 1024)) return false;
  to.tcp = port > 0;
  if (to.tcp) to.port = static_cast<std::uint16_t>(port);
  return true;
}

const std::string* member_text(const toml_value::table& of, std::string_view name) {
  for (const toml_item& each : of)
    if (each.key == name) return text_of(each.value);
  return nullptr;
}

/// [{secret_id = "...", role_arn = "..."}]
bool add_secrets(const toml_value& from, serve_settings& into, notes_list& notes) {
  const auto* list = from.as<toml_value::list>();
  if (!list) return false;
  for (const toml_value& each : *list) {
    const auto* table = each.as<toml_value::table>();
    const std::string* id = table ? member_text(*table, "secret_id") : nullptr;
    if (!id) return false;
    for (const toml_item& member : *table)
      if (member.key != "secret_id" && member.key != "role_arn") return false;
    if (member_text(*table, "role_arn"))
      notes.push_back("prefetch.secrets: " + aws::text::quoted(*id) +
                      " is not fetched ahead, because of its role_arn: one agent reads with one "
                      "role.");
    else
      into.agent.prefetch.push_back("secret:" + *id);
  }
  return true;
}

void say_unused(notes_list& notes, std::string_view key, std::string_view why) {
  notes.push_back(std::string(key) + " means nothing here: " + std::string(why));
}

constexpr std::array aws_rules = {
    config_rule{logging, true, "log_level", "\"debug\", \"info\", \"warn\", \"error\" or \"none\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_choice(v, log_levels, to.agent.level);
                }},
    config_rule{logging, true, "log_to_file", "true or false",
                [](const toml_value& v, serve_settings&, notes_list& notes) {
                  bool wanted = false;
                  if (!set_flag(v, wanted)) return false;
                  if (wanted)
                    say_unused(notes, "log_to_file",
                               "lines go to the standard error, for the "
                               "journal or the container's log to keep.");
                  return true;
                }},
    config_rule{manager, false, "enabled", "true: there is nothing else to serve",
                [](const toml_value& v, serve_settings&, notes_list&) {
                  bool enabled = false;
                  return set_flag(v, enabled) && enabled;
                }},
    config_rule{"", true, "http_address", "\"127.0.0.1\": only this host is served",
                [](const toml_value& v, serve_settings&, notes_list&) {
                  const auto* text = v.as<std::string>();
                  return text && *text == "127.0.0.1";
                }},
    config_rule{
        manager, true, "http_port",
        "a whole number from 1024 to 65535, or 0 for no port beside a socket",
        [](const toml_value& v, serve_settings& to, notes_list&) { return set_port(v, to.agent); }},
    config_rule{manager, true, "region", "a region, like \"eu-west-1\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  const std::string* text = text_of(v);
                  return text && aws::is_region(*text) && set_text(v, to.region);
                }},
    config_rule{manager, true, "path_prefix", "a path that begins with '/', like \"/v1/\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return is_absolute(v) && set_text(v, to.agent.path_prefix);
                }},
    config_rule{manager, true, "max_conn", "a whole number from 1 to 1000",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_whole(v, 1, 1000, to.agent.max_connections);
                }},
    config_rule{manager, true, "max_roles", "a whole number from 1 to 20",
                [](const toml_value& v, serve_settings&, notes_list& notes) {
                  int roles = 0;
                  if (!set_whole(v, 1, 20, roles)) return false;
                  say_unused(notes, "max_roles", "one agent reads with one role.");
                  return true;
                }},
    config_rule{manager, true, "ignore_transient_errors", "true or false",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  if (!set_flag(v, to.ignore_transient_errors)) return false;
                  if (!to.ignore_transient_errors) to.agent.stale_if_error = 0;
                  return true;
                }},
    config_rule{manager, true, "validate_credentials", "true or false",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_flag(v, to.validate_credentials);
                }},
    config_rule{manager, true, "credentials_file_path", "the path of a shared credentials file",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_text(v, to.credentials_file);
                }},
    config_rule{kept, true, "ttl_seconds", "a whole number from 0 to 3600",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  int seconds = 0;
                  if (!set_whole(v, 0, 3600, seconds)) return false;
                  for (core::nanos* each : {&to.agent.parameter_max_age, &to.agent.secret_max_age,
                                            &to.agent.object_max_age})
                    *each = seconds * core::second;
                  return true;
                }},
    config_rule{kept, true, "cache_size", "a whole number from 1 to 1000",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_whole(v, 1, 1000, to.max_entries);
                }},
    config_rule{guard, true, "ssrf_headers", "a list of names of headers, not empty",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_list(v, 1, is_header_name, to.agent.token_headers);
                }},
    config_rule{guard, true, "ssrf_env_variables",
                "a list of names of environment variables, not empty",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_list(v, 1, is_variable_name, to.token_variables);
                }},
    config_rule{prefetch_section, false, "secrets",
                "a list of {secret_id = \"...\"}, also with role_arn", add_secrets},
    config_rule{prefetch_section, false, "filter_tags", "a list of {key = \"...\"}",
                [](const toml_value& v, serve_settings&, notes_list& notes) {
                  const auto* list = v.as<toml_value::list>();
                  if (!list) return false;
                  if (!list->empty())
                    say_unused(notes, "prefetch.filter_tags",
                               "name what is to be fetched ahead in lambda_cache.prefetch.");
                  return true;
                }},
    config_rule{prefetch_section, false, "cache_buffer_ratio", "a number from 0.1 to 1",
                [](const toml_value& v, serve_settings&, notes_list& notes) {
                  const auto ratio = number_of(v);
                  if (!ratio || *ratio < 0.1 || *ratio > 1) return false;
                  say_unused(notes, "prefetch.cache_buffer_ratio", "everything named is fetched.");
                  return true;
                }},
    config_rule{prefetch_section, false, "max_jitter_seconds", "a whole number from 0 to 10",
                [](const toml_value& v, serve_settings&, notes_list& notes) {
                  int seconds = 0;
                  if (!set_whole(v, 0, 10, seconds)) return false;
                  if (seconds > 0)
                    say_unused(notes, "prefetch.max_jitter_seconds",
                               "what is named is fetched at once, in few calls.");
                  return true;
                }},
};

}  // namespace

std::span<const config_rule> aws_config_rules() noexcept {
  return aws_rules;
}

}  // namespace lambda_cache::agent
