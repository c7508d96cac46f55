#include "agent/config_keys.hpp"
#include "agent/config_values.hpp"
#include "aws/endpoints.hpp"
#include "wiring/names.hpp"

#include <array>

namespace lambda_cache::agent {
namespace {

using notes_list = std::vector<std::string>;

constexpr double year_seconds = 366.0 * 24 * 3600;

/// As it would be written by chmod: "0660", or 0o660.
bool set_mode(const toml_value& from, unsigned& to) {
  unsigned mode = 0;
  if (const auto* number = from.as<std::int64_t>()) {
    if (!from.is_octal || *number < 0 || *number > 0777) return false;
    mode = static_cast<unsigned>(*number);
  } else {
    const auto* text = from.as<std::string>();
    if (!text || text->empty() || text->size() > 4) return false;
    for (const char c : *text) {
      if (c < '0' || c > '7') return false;
      mode = mode * 8 + static_cast<unsigned>(c - '0');
    }
  }
  if (mode > 0777) return false;
  to = mode;
  return true;
}

bool is_prefetched(const std::string& name) {
  return wiring::parse_name(name).has_value();
}

constexpr std::array own_rules = {
    config_rule{own_section, false, "mode", "\"agent\" or \"extension\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_choice(v, modes, to.agent.mode);
                }},
    config_rule{own_section, false, "tcp", "true or false",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_flag(v, to.agent.tcp);
                }},
    config_rule{own_section, false, "socket", "the path of a Unix socket, beginning with '/'",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return is_absolute(v) && set_text(v, to.agent.socket_path);
                }},
    config_rule{own_section, false, "socket_mode", "permissions in octal, like \"0660\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_mode(v, to.agent.socket_mode);
                }},
    config_rule{own_section, false, "token_file", "the path of a file, beginning with '/'",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return is_absolute(v) && set_text(v, to.token_file);
                }},
    config_rule{own_section, false, "prefetch",
                "a list of names: \"ssm:/app/a\", \"ssm-path:/app/\", \"secret:db\", \"s3://b/k\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  std::vector<std::string> names;
                  if (!set_list(v, 0, is_prefetched, names)) return false;
                  to.agent.prefetch.insert(to.agent.prefetch.end(), names.begin(), names.end());
                  return true;
                }},
    config_rule{own_section, false, "errors", "\"compatible\" or \"json\"",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_choice(v, error_forms, to.agent.json_errors);
                }},
    config_rule{own_section, false, "status_page", "true or false",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_flag(v, to.agent.status_page);
                }},
    config_rule{own_section, false, "metrics", "true or false",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_flag(v, to.agent.metrics);
                }},
    config_rule{own_section, false, "parameter_ttl_seconds", "a number from 0 to 31622400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0, year_seconds, to.agent.parameter_max_age);
                }},
    config_rule{own_section, false, "secret_ttl_seconds", "a number from 0 to 31622400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0, year_seconds, to.agent.secret_max_age);
                }},
    config_rule{own_section, false, "object_ttl_seconds", "a number from 0 to 31622400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0, year_seconds, to.agent.object_max_age);
                }},
    config_rule{own_section, false, "stale_if_error_seconds", "a number from 0 to 31622400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0, year_seconds, to.agent.stale_if_error);
                }},
    config_rule{own_section, false, "refresh_ahead_seconds", "a number from 0 to 31622400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0, year_seconds, to.agent.refresh_ahead);
                }},
    config_rule{own_section, false, "timeout_seconds", "a number from 0.001 to 900",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 0.001, 900, to.agent.parameter_timeout) &&
                         set_seconds(v, 0.001, 900, to.agent.secret_timeout);
                }},
    config_rule{own_section, false, "max_attempts", "a whole number from 1 to 100",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  int attempts = 0;
                  if (!set_whole(v, 1, 100, attempts)) return false;
                  to.max_attempts = attempts;
                  return true;
                }},
    config_rule{own_section, false, "max_entries", "a whole number from 0 to 1000000",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_whole(v, 0, 1'000'000, to.max_entries);
                }},
    config_rule{own_section, false, "max_megabytes", "a whole number from 1 to 65536",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  std::size_t megabytes = 0;
                  if (!set_whole(v, 1, 65536, megabytes)) return false;
                  to.max_bytes = megabytes << 20;
                  return true;
                }},
    config_rule{own_section, false, "max_connections", "a whole number from 1 to 100000",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_whole(v, 1, 100'000, to.agent.max_connections);
                }},
    config_rule{own_section, false, "max_header_bytes", "a whole number from 1024 to 1048576",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_whole(v, 1024, 1 << 20, to.agent.max_header_bytes);
                }},
    config_rule{own_section, false, "idle_timeout_seconds", "a number from 1 to 86400",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_seconds(v, 1, 86400, to.agent.idle_timeout);
                }},
    config_rule{own_section, false, "profile", "the name of a profile of the shared config",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  return set_text(v, to.profile);
                }},
    config_rule{own_section, false, "endpoint_url",
                "a URL that is asked instead of every AWS service",
                [](const toml_value& v, serve_settings& to, notes_list&) {
                  const std::string* text = text_of(v);
                  return text && aws::resolve_endpoint("ssm", "us-east-1", {.url = *text}) &&
                         set_text(v, to.endpoint_url);
                }},
};

}  // namespace

std::span<const config_rule> own_config_rules() noexcept {
  return own_rules;
}

}  // namespace lambda_cache::agent
