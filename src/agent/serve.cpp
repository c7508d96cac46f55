#include "agent/serve.hpp"

#include "agent/end_signals.hpp"
#include "agent/log.hpp"
#include "agent/server.hpp"
#include "agent/service_manager.hpp"
#include "wiring/diagnosis.hpp"
#include "wiring/wired_cache.hpp"

#include <chrono>
#include <memory>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

constexpr int ended = 0;
constexpr int not_started = 1;

client_config config_of(const serve_settings& how) {
  client_config out;
  out.agent_url = "";  // it would read from itself
  out.max_entries = how.max_entries;
  out.max_bytes = how.max_bytes;
  out.max_attempts = how.max_attempts;
  return out;
}

/// Whether AWS takes the credentials, where that is asked for.
bool check_credentials(const serve_settings& how) {
  if (!how.validate_credentials) return true;
  const auto report = wiring::ask_identity();
  if (report.who) {
    log(log_level::info, "credentials of " + report.who->arn + ", from " + report.provider);
    return true;
  }
  const error_info& why = report.who.error();
  const bool may_pass = why.retryable && how.ignore_transient_errors;
  log(may_pass ? log_level::warn : log_level::error,
      "validate_credentials: " + why.message + (may_pass ? " Starting anyway." : ""));
  return may_pass;
}

std::string ready_line(const serve_settings& how, std::uint16_t port) {
  const settings& agent = how.agent;
  std::string out = "ready on ";
  if (agent.tcp) out += "http://127.0.0.1:" + std::to_string(port);
  if (!agent.socket_path.empty()) out += (agent.tcp ? " and " : "") + agent.socket_path;
  out += agent.mode == compatibility::agent ? ", as the agent" : ", as the extension";
  return out;
}

/// A terminal that closes ends the program; elsewhere SIGHUP is a request.
bool has_terminal() {
  return ::isatty(STDIN_FILENO) == 1 || ::isatty(STDERR_FILENO) == 1;
}

const char* name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

}  // namespace

int serve(const serve_settings& how, std::span<const remark> remarks, const aws::environment& env) {
  set_log_level(how.agent.level);
  for (const remark& each : remarks)
    log(each.level, each.text);
  // A signal still ends the program by itself here.
  if (!check_credentials(how)) return not_started;

  end_signals signals;
  const auto cache = std::make_shared<wiring::wired_cache>(config_of(how));
  server serving(how.agent, cache);
  if (auto started = serving.start(); !started) {
    log(log_level::error, started.error().message);
    return not_started;
  }
  log(log_level::info, ready_line(how, serving.port()));
  tell_service_manager(env, "READY=1");

  // Requests join what is under way.
  serving.prefetch(std::chrono::nanoseconds(0));
  const bool by_terminal = has_terminal();
  int came = signals.wait();
  for (; came == SIGHUP && !by_terminal; came = signals.wait()) {
    cache->reset();
    log(log_level::info, "SIGHUP: values and credentials are forgotten, and read anew when needed");
    serving.prefetch(std::chrono::nanoseconds(0));
  }
  signals.let_through();
  log(log_level::info, std::string(name_of(came)) + ": ending");
  tell_service_manager(env, "STOPPING=1");
  serving.stop(how.grace);
  return ended;
}

}  // namespace lambda_cache::agent
