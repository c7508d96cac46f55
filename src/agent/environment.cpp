#include "agent/environment.hpp"

#include "agent/choices.hpp"
#include "agent/prefetch.hpp"
#include "aws/text.hpp"
#include "wiring/config.hpp"
#include "wiring/initialization.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace lambda_cache::agent {
namespace {

using aws::text::iequals;

/// One reading of the environment, with what was wrong in it.
class reader {
 public:
  reader(const aws::environment& env, std::vector<std::string>& warnings)
      : env_(env), warnings_(warnings) {}

  [[nodiscard]] std::string text(const char* name) const { return env_(name).value_or(""); }

  void number(const char* name, std::int64_t least, std::int64_t most, auto use) {
    const std::string given = text(name);
    if (given.empty()) return;
    const auto value = aws::text::whole_number(given);
    if (!value || *value < least || *value > most)
      return refuse(name, given,
                    "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    use(*value);
  }

  void flag(const char* name, bool& into) {
    const std::string given = text(name);
    if (given.empty()) return;
    if (iequals(given, "true") || given == "1")
      into = true;
    else if (iequals(given, "false") || given == "0")
      into = false;
    else
      refuse(name, given, "TRUE or FALSE");
  }

  template <class Value, std::size_t n>
  void choice(const char* name, const choices<Value, n>& all, Value& into) {
    const std::string given = text(name);
    if (given.empty()) return;
    if (const auto meaning = chosen(given, all)) {
      into = *meaning;
      return;
    }
    std::string legal;
    for (const auto& [word, value] : all)
      legal.append(legal.empty() ? "" : ", ").append(word);
    refuse(name, given, "one of " + legal);
  }

  /// Of AWS's extension: whole seconds, at most 300 of them.
  void aws_ttl(const char* name, core::nanos& into) {
    constexpr std::int64_t longest = 300;
    number(name, 0, std::numeric_limits<std::int32_t>::max(), [&](std::int64_t seconds) {
      if (seconds > longest) {
        warnings_.push_back(std::string(name) + " (" + std::to_string(seconds) +
                            "s) exceeds max limit. Setting it to 5m0s; "
                            "LAMBDA_CACHE_AGENT_TTL_SECONDS goes further.");
        seconds = longest;
      }
      into = seconds * core::second;
    });
  }

  void seconds(const char* name, auto use) {
    const std::string given = text(name);
    if (given.empty()) return;
    const auto parsed = wiring::parse_seconds(name, given);
    if (!parsed) return refuse(name, given, "seconds, as in 600 or 0.5, or inf");
    use(*parsed);
  }

  void timeout(const char* name, std::optional<core::nanos>& into) {
    number(name, 0, std::numeric_limits<std::int32_t>::max(), [&](std::int64_t millis) {
      if (millis != 0) into = millis * core::millisecond;  // 0: AWS's extension has no limit
    });
  }

 private:
  void refuse(const char* name, const std::string& given, const std::string& legal) {
    warnings_.push_back(std::string(name) + '=' + aws::text::quoted(given) +
                        " is ignored: it should be " + legal + '.');
  }

  const aws::environment& env_;
  std::vector<std::string>& warnings_;
};

void read_aws_variables(reader& from, extension_settings& to) {
  settings& agent = to.agent;
  from.number("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", 1, 65535,
              [&](std::int64_t port) { agent.port = static_cast<std::uint16_t>(port); });
  from.choice("PARAMETERS_SECRETS_EXTENSION_LOG_LEVEL", log_levels, agent.level);
  from.aws_ttl("SSM_PARAMETER_STORE_TTL", agent.parameter_max_age);
  from.aws_ttl("SECRETS_MANAGER_TTL", agent.secret_max_age);
  from.timeout("SSM_PARAMETER_STORE_TIMEOUT_MILLIS", agent.parameter_timeout);
  from.timeout("SECRETS_MANAGER_TIMEOUT_MILLIS", agent.secret_timeout);
  bool caches = true;
  from.flag("PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", caches);
  from.number("PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", 0, 1000, [&](std::int64_t size) {
    caches = caches && size != 0;
    if (size != 0) to.max_entries = static_cast<std::size_t>(size);
  });
  if (!caches) agent.parameter_max_age = agent.secret_max_age = agent.object_max_age = 0;
}

}  // namespace

void apply_own_variables(const aws::environment& env, settings& to,
                         std::vector<std::string>& warnings) {
  reader from(env, warnings);
  from.choice("LAMBDA_CACHE_AGENT_MODE", modes, to.mode);
  from.choice("LAMBDA_CACHE_AGENT_ERRORS", error_forms, to.json_errors);
  from.choice("LAMBDA_CACHE_AGENT_LOG_LEVEL", log_levels, to.level);
  from.flag("LAMBDA_CACHE_AGENT_STATUS_PAGE", to.status_page);
  from.flag("LAMBDA_CACHE_AGENT_METRICS", to.metrics);
  from.number("LAMBDA_CACHE_AGENT_PORT", 1, 65535,
              [&](std::int64_t port) { to.port = static_cast<std::uint16_t>(port); });
  from.seconds("LAMBDA_CACHE_AGENT_TTL_SECONDS", [&](core::nanos ttl) {
    to.parameter_max_age = to.secret_max_age = to.object_max_age = ttl;
  });
  from.seconds("LAMBDA_CACHE_AGENT_STALE_IF_ERROR_SECONDS",
               [&](core::nanos limit) { to.stale_if_error = limit; });
  from.seconds("LAMBDA_CACHE_PREFETCH_TIMEOUT_SECONDS",
               [&](core::nanos limit) { to.prefetch_timeout = limit; });
  for (std::string& each : split_names(from.text("LAMBDA_CACHE_PREFETCH")))
    to.prefetch.push_back(std::move(each));
}

extension_settings extension_environment(const aws::environment& env) {
  extension_settings out;
  settings& agent = out.agent;
  agent.mode = compatibility::extension;
  agent.status_page = false;  // there is nobody to look at it
  reader from(env, out.warnings);
  read_aws_variables(from, out);
  apply_own_variables(env, agent, out.warnings);
  for (const char* name : {"AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}) {
    // All of them: a function may have an AWS_TOKEN of its own, and its clients send the session's,
    // as AWS's extension demands.
    std::string token = from.text(name);
    if (!token.empty()) agent.tokens.push_back(std::move(token));
  }
  out.is_snap_start = wiring::is_snap_start(env);
  out.is_managed_instance =
      from.text("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances";
  return out;
}

}  // namespace lambda_cache::agent
