#include "program/serve_command.hpp"

#include "agent/choices.hpp"
#include "agent/config_file.hpp"
#include "agent/entries.hpp"
#include "agent/environment.hpp"
#include "agent/prefetch.hpp"
#include "agent/serve.hpp"
#include "agent/tokens.hpp"
#include "cli/access.hpp"
#include "cli/output.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace lambda_cache::program {
namespace {

// What credentials may come from before the files.
constexpr std::array before_files = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                     "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                     "AWS_ROLE_ARN"};

template <class From, class To>
void put(const std::optional<From>& from, To& to) {
  if (from) to = static_cast<To>(*from);
}
/// The command line takes the words that there are only.
template <class T, std::size_t n>
void put_chosen(const std::optional<std::string>& word, const agent::choices<T, n>& of, T& to) {
  if (word) put(agent::chosen(*word, of), to);
}
void put_seconds(const std::optional<double>& from, core::nanos& to) {
  if (from) to = wiring::seconds_to_nanos(*from);
}

/// The command line's words about access, the file's where it has none.
cli::access_options access_of(const cli::serve_request& request,
                              const agent::serve_settings& from_file) {
  cli::access_options out = request.access;
  if (!out.region) out.region = from_file.region;
  if (!out.profile) out.profile = from_file.profile;
  if (!out.endpoint_url) out.endpoint_url = from_file.endpoint_url;
  return out;
}

void use_credentials_file(const std::string& path) {
  for (const char* const name : before_files)
    wiring::set_process_variable(name, std::nullopt);
  wiring::set_process_variable("AWS_SHARED_CREDENTIALS_FILE", path);
}

void add_remarks(std::vector<agent::remark>& to, agent::log_level level,
                 std::vector<std::string> texts) {
  for (std::string& each : texts)
    to.push_back({level, std::move(each)});
}

/// Whether a name that is to be fetched is one. Errors: invalid_argument.
core::result<void> check_name(const std::string& name, const agent::settings& how) {
  auto what = agent::parse_prefetch(name);
  if (!what) return core::fail(std::move(what.error()));
  auto spec = agent::spec_of(*what, what->names.front(), how);
  if (!spec) return core::fail(std::move(spec.error()));
  return {};
}

int end_with(int status, const error_info& why) {
  cli::complain(why.message);
  return status;
}

}  // namespace

void put_over(const cli::serve_request& request, agent::serve_settings& into) {
  agent::settings& to = into.agent;
  put_chosen(request.mode, agent::modes, to.mode);
  if (request.port) to.tcp = true;
  put(request.port, to.port);
  if (!request.tcp) to.tcp = false;
  put(request.socket, to.socket_path);
  put(request.socket_mode, to.socket_mode);
  put(request.token_file, into.token_file);
  if (!request.prefetch.empty()) to.prefetch = request.prefetch;
  for (core::nanos* each : {&to.parameter_max_age, &to.secret_max_age, &to.object_max_age})
    put_seconds(request.ttl_seconds, *each);
  put_seconds(request.stale_if_error_seconds, to.stale_if_error);
  put_seconds(request.refresh_ahead_seconds, to.refresh_ahead);
  put(request.cache_size, into.max_entries);
  if (request.cache_megabytes) into.max_bytes = *request.cache_megabytes << 20;
  put(request.max_connections, to.max_connections);
  put(request.path_prefix, to.path_prefix);
  put_chosen(request.errors, agent::error_forms, to.json_errors);
  put(request.status_page, to.status_page);
  put(request.metrics, to.metrics);
  put_chosen(request.log_level, agent::log_levels, to.level);
  if (request.access.timeout_seconds) {
    to.parameter_timeout = wiring::seconds_to_nanos(*request.access.timeout_seconds);
    to.secret_timeout = to.parameter_timeout;
  }
  if (request.access.max_attempts) into.max_attempts = request.access.max_attempts;
}

int run_serve(const cli::serve_request& request) {
  const aws::environment env = wiring::process_environment();
  agent::serve_settings how;
  std::vector<agent::remark> remarks;
  std::vector<std::string> notes;
  agent::apply_own_variables(env, how.agent, notes);
  add_remarks(remarks, agent::log_level::warn, std::move(notes));
  if (request.config_file) {
    auto of_variables = std::exchange(how.agent.prefetch, {});
    auto of_file = agent::apply_config_file(*request.config_file, how);
    if (!of_file) return end_with(cli::wrong_use, of_file.error());
    add_remarks(remarks, agent::log_level::info, std::move(*of_file));
    if (how.agent.prefetch.empty()) how.agent.prefetch = std::move(of_variables);
  }
  put_over(request, how);
  for (const std::string& name : how.agent.prefetch)
    if (auto declared = check_name(name, how.agent); !declared)
      return end_with(cli::wrong_use, declared.error());
  // Before variables are taken away below: one of them may be the token.
  auto found = agent::find_token(how, env);
  if (!found) return end_with(cli::failure, found.error());
  if (*found) remarks.push_back({agent::log_level::warn, std::move(**found)});
  if (auto applied = cli::apply(access_of(request, how)); !applied)
    return end_with(cli::wrong_use, applied.error());
  if (how.credentials_file) use_credentials_file(*how.credentials_file);
  return agent::serve(how, remarks, env);
}

}  // namespace lambda_cache::program
