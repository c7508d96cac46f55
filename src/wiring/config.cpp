#include "wiring/config.hpp"

#include "aws/text.hpp"
#include "wiring/agent_route.hpp"
#include "wiring/proxies.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace lambda_cache::wiring {
namespace {

core::result<int> parse_count(std::string_view option, const std::string& text) {
  int count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || end != text.data() + text.size() || count < 1)
    return core::fail(core::make_error(error_kind::invalid_argument,
                                       std::string(option) + "=" + aws::text::quoted(text) +
                                           " is not a whole number of 1 or more."));
  return count;
}

core::nanos checked(std::chrono::nanoseconds duration) {
  return duration.count();
}

std::optional<std::string> non_empty(const aws::environment& env, std::string_view name) {
  auto text = env(name);
  if (text && text->empty()) text.reset();
  return text;
}

/// A setting of the environment, else of the profile; with its name for errors.
struct setting {
  std::string name;
  std::string text;
};
std::optional<setting> find_setting(const aws::environment& env, const aws::shared_config& files,
                                    const std::string& profile, const char* variable,
                                    const char* option) {
  if (auto text = env(variable); text && !text->empty()) return setting{variable, std::move(*text)};
  if (const auto text = files.find(profile, option); text && !text->empty())
    return setting{std::string(option) + " of the profile " + aws::text::quoted(profile),
                   std::string(*text)};
  return std::nullopt;
}

core::result<bool> find_flag(const aws::environment& env, const aws::shared_config& files,
                             const std::string& profile, const char* variable, const char* option) {
  const auto found = find_setting(env, files, profile, variable, option);
  return found ? aws::parse_flag(found->name, found->text) : false;
}

core::result<void> resolve_endpoint_options(config& out, const client_config& code,
                                            const aws::environment& env,
                                            const aws::shared_config& files,
                                            const std::string& profile) {
  const auto fips = find_flag(env, files, profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  const auto dual_stack =
      find_flag(env, files, profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  for (const auto* read : {&fips, &dual_stack})
    if (!*read) return core::fail(read->error());
  for (service_endpoints::one& each : out.endpoints.all) {
    each.options.fips = *fips;
    each.options.dual_stack = *dual_stack;
    auto url = aws::configured_endpoint_url(env, files, profile, each.setting);
    if (!url) return core::fail(std::move(url.error()));
    each.options.url = std::move(*url);
    // The code's endpoint is for values; those for credentials are the environment's.
    if (code.endpoint_url && each.has_values) each.options.url = *code.endpoint_url;
  }
  return {};
}

core::result<void> check_durations(const client_config& code) {
  const std::pair<const char*, const std::optional<std::chrono::nanoseconds>*> given[] = {
      {"max_age", &code.max_age},
      {"stale_if_error", &code.stale_if_error},
      {"timeout", &code.timeout}};
  for (const auto& [name, duration] : given)
    if (*duration && (*duration)->count() < 0)
      return core::fail(
          core::make_error(error_kind::invalid_argument,
                           std::string(name) + " is negative; it has to be 0 or more."));
  if (code.timeout && code.timeout->count() == 0)
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "timeout has to be more than 0: no read could ever be answered."));
  if (code.max_attempts && *code.max_attempts < 1)
    return core::fail(
        core::make_error(error_kind::invalid_argument, "max_attempts is less than 1."));
  return {};
}

}  // namespace

core::result<core::nanos> parse_seconds(std::string_view option, std::string_view text) {
  if (text == "inf" || text == "infinity") return core::infinite;
  double seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || !(seconds >= 0))
    return core::fail(core::make_error(error_kind::invalid_argument,
                                       std::string(option) + "=" + aws::text::quoted(text) +
                                           " is not a number of seconds of 0 or more (or 'inf')."));
  return seconds_to_nanos(seconds);
}

core::nanos seconds_to_nanos(double seconds) noexcept {
  const double scaled = seconds * 1e9;
  return scaled >= 9.2e18 ? core::infinite : static_cast<core::nanos>(scaled);
}

core::result<core::nanos> resolve_max_age(const client_config& code, const aws::environment& env) {
  if (auto checked_code = check_durations(code); !checked_code)
    return core::fail(std::move(checked_code.error()));
  core::nanos out = config().max_age;
  if (const auto text = non_empty(env, "LAMBDA_CACHE_TTL_SECONDS")) {
    auto seconds = parse_seconds("LAMBDA_CACHE_TTL_SECONDS", *text);
    if (!seconds) return core::fail(std::move(seconds.error()));
    out = *seconds;
  }
  return code.max_age ? checked(*code.max_age) : out;
}

const aws::endpoint_options& service_endpoints::of(std::string_view service) const {
  return std::ranges::find(all, service, &one::service)->options;
}

core::result<config> resolve_config(const client_config& code, const aws::environment& env,
                                    const aws::shared_config& files) {
  config out;
  const auto named = aws::chosen_profile(env);
  if (named && !files.has_profile(*named))
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "The profile " + aws::text::quoted(*named) +
            " that AWS_PROFILE names is neither in the config nor in the credentials file: check "
            "its name, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE."));
  const std::string profile = named.value_or("default");
  const auto find = [&](const char* variable, const char* option) {
    return find_setting(env, files, profile, variable, option);
  };
  if (auto checked_code = check_durations(code); !checked_code)
    return core::fail(std::move(checked_code.error()));
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (out.region.empty()) out.region = env(name).value_or("");
  if (out.region.empty()) out.region = files.find(profile, "region").value_or("");
  if (code.region) out.region = *code.region;
  if (!out.region.empty() && !aws::is_region(out.region))
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         aws::text::quoted(out.region) +
                             " is not a region; it should look like eu-west-1. Set AWS_REGION."));
  if (auto endpoint = resolve_endpoint_options(out, code, env, files, profile); !endpoint)
    return core::fail(std::move(endpoint.error()));

  if (code.ca_bundle)
    out.ca_bundle = *code.ca_bundle;
  else if (auto bundle = find("AWS_CA_BUNDLE", "ca_bundle"))
    out.ca_bundle = std::move(bundle->text);
  out.system_bundle = env("SSL_CERT_FILE").value_or("");
  auto proxies = resolve_proxies(env);
  if (!proxies) return core::fail(std::move(proxies.error()));
  out.proxies = std::move(*proxies);
  auto max_age = resolve_max_age(code, env);
  if (!max_age) return core::fail(std::move(max_age.error()));
  out.max_age = *max_age;
  if (const auto found = find("AWS_MAX_ATTEMPTS", "max_attempts")) {
    auto attempts = parse_count(found->name, found->text);
    if (!attempts) return core::fail(std::move(attempts.error()));
    out.max_attempts = *attempts;
  }
  if (code.stale_if_error) out.stale_if_error = checked(*code.stale_if_error);
  if (code.timeout) out.timeout = out.object_timeout = checked(*code.timeout);
  if (auto directory = non_empty(env, "LAMBDA_CACHE_S3_DIRECTORY")) {
    while (directory->size() > 1 && directory->ends_with('/'))
      directory->pop_back();
    if (!directory->starts_with('/'))
      return core::fail(
          core::make_error(error_kind::invalid_argument,
                           "LAMBDA_CACHE_S3_DIRECTORY=" + aws::text::quoted(*directory) +
                               " is not an absolute path."));
    out.object_directory = std::move(*directory);
  }
  if (code.max_attempts) out.max_attempts = *code.max_attempts;
  auto agent = resolve_agent(code, env);
  if (!agent) return core::fail(std::move(agent.error()));
  out.agent = std::move(*agent);
  return out;
}

}  // namespace lambda_cache::wiring
