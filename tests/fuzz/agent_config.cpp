// The agent's configuration file. Input: the text.
#include "agent/config_file.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {

void agent_config(std::string_view input) {
  agent::serve_settings got;
  const auto notes = agent::apply_config(input, "agent.toml", got);
  if (!notes) {
    require_readable(notes.error().message);
    require(notes.error().kind == error_kind::invalid_argument, "a file is wrong use");
    require(notes.error().message.starts_with("agent.toml"), "an error names the file");
    return;
  }
  for (const std::string& each : *notes)
    require_readable(each);

  const agent::settings& to = got.agent;
  require(is_utf8(input), "a file is UTF-8");
  require(!to.tcp || to.port >= 1024, "a port is not one of the system's");
  require(to.socket_path.empty() || to.socket_path.front() == '/', "a socket's path is absolute");
  require(to.socket_mode <= 0777, "permissions are permissions");
  require(!to.token_headers.empty() && !got.token_variables.empty(), "a token can be given");
  for (const std::string& each : to.token_headers)
    require(!each.empty() && std::ranges::all_of(each, aws::text::is_visible),
            "a header's name is one");
  require(to.path_prefix.starts_with('/'), "a path begins with a slash");
  for (const core::nanos each : {to.parameter_max_age, to.secret_max_age, to.object_max_age,
                                 to.stale_if_error, to.refresh_ahead})
    require(each >= 0 && each <= 366LL * 24 * 3600 * core::second, "times are bounded");
  require(to.idle_timeout > 0, "limits of time are some");
  for (const auto& each : {to.parameter_timeout, to.secret_timeout})
    require(!each || *each > 0, "limits of time are some");
  require(to.max_connections > 0 && to.max_header_bytes >= 1024, "limits let something in");
  for (const std::string& each : to.prefetch)
    require(each.starts_with("ssm:") || each.starts_with("ssm-path:") ||
                each.starts_with("secret:") || each.starts_with("s3://"),
            "names have a kind");
}

}  // namespace lambda_cache::fuzz
