#include "wiring/config.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace lambda_cache::wiring {
namespace {

core::result<int> parse_count(std::string_view option, const std::string& text) {
  int count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || end != text.data() + text.size() || count < 1)
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        std::string(option) + "='" + text + "' is not a whole number of 1 or more."));
  return count;
}

core::result<bool> parse_flag(std::string_view option, const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text.empty() || text == "false" || text == "False" || text == "FALSE") return false;
  return core::fail(
      core::make_error(error_kind::invalid_argument,
                       std::string(option) + "='" + text + "' is neither 'true' nor 'false'."));
}

core::nanos checked(std::chrono::nanoseconds duration) {
  return duration.count();
}

std::optional<std::string> non_empty(const aws::environment& env, std::string_view name) {
  auto text = env(name);
  if (text && text->empty()) text.reset();
  return text;
}

/// The service as the names of environment variables have it.
constexpr std::pair<std::string_view, std::string_view> services[] = {
    {"ssm", "AWS_ENDPOINT_URL_SSM"},
    {"secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER"},
    {"s3", "AWS_ENDPOINT_URL_S3"}};

core::result<bool> flag(const aws::environment& env, std::string_view name) {
  const auto text = env(name);
  return text ? parse_flag(name, *text) : false;
}

core::result<void> resolve_endpoint_options(config& out, const client_config& code,
                                            const aws::environment& env) {
  const auto fips = flag(env, "AWS_USE_FIPS_ENDPOINT");
  const auto dual_stack = flag(env, "AWS_USE_DUALSTACK_ENDPOINT");
  const auto ignore = flag(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  for (const auto* read : {&fips, &dual_stack, &ignore})
    if (!*read) return core::fail(read->error());
  for (const auto& [service, variable] : services) {
    aws::endpoint_options& of = out.endpoints.of(service);
    of.fips = *fips;
    of.dual_stack = *dual_stack;
    if (code.endpoint_url)
      of.url = *code.endpoint_url;
    else if (!*ignore)
      of.url = non_empty(env, variable)
                   .or_else([&] { return non_empty(env, "AWS_ENDPOINT_URL"); })
                   .value_or("");
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
    return core::fail(core::make_error(
        error_kind::invalid_argument, std::string(option) + "='" + std::string(text) +
                                          "' is not a number of seconds of 0 or more (or 'inf')."));
  return seconds_to_nanos(seconds);
}

core::nanos seconds_to_nanos(double seconds) noexcept {
  const double scaled = seconds * 1e9;
  return scaled >= 9.2e18 ? core::infinite : static_cast<core::nanos>(scaled);
}

aws::endpoint_options& service_endpoints::of(std::string_view service) {
  if (service == "s3") return s3_;
  return service == "ssm" ? ssm_ : secrets_manager_;
}
const aws::endpoint_options& service_endpoints::of(std::string_view service) const {
  return const_cast<service_endpoints&>(*this).of(service);
}

core::result<config> resolve_config(const client_config& code, const aws::environment& env) {
  config out;
  if (auto checked_code = check_durations(code); !checked_code)
    return core::fail(std::move(checked_code.error()));
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (out.region.empty()) out.region = env(name).value_or("");
  if (code.region) out.region = *code.region;
  if (!out.region.empty() && !aws::is_region(out.region))
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "'" + out.region + "' is not a region; it should look like eu-west-1. Set AWS_REGION."));
  if (auto endpoint = resolve_endpoint_options(out, code, env); !endpoint)
    return core::fail(std::move(endpoint.error()));

  out.ca_bundle = code.ca_bundle.value_or(env("AWS_CA_BUNDLE").value_or(""));
  out.system_bundle = env("SSL_CERT_FILE").value_or("");
  if (const auto text = non_empty(env, "LAMBDA_CACHE_TTL_SECONDS")) {
    auto seconds = parse_seconds("LAMBDA_CACHE_TTL_SECONDS", *text);
    if (!seconds) return core::fail(std::move(seconds.error()));
    out.max_age = *seconds;
  }
  if (const auto text = non_empty(env, "AWS_MAX_ATTEMPTS")) {
    auto attempts = parse_count("AWS_MAX_ATTEMPTS", *text);
    if (!attempts) return core::fail(std::move(attempts.error()));
    out.max_attempts = *attempts;
  }
  if (code.max_age) out.max_age = checked(*code.max_age);
  if (code.stale_if_error) out.stale_if_error = checked(*code.stale_if_error);
  if (code.timeout) out.timeout = out.object_timeout = checked(*code.timeout);
  if (auto directory = non_empty(env, "LAMBDA_CACHE_S3_DIRECTORY")) {
    while (directory->size() > 1 && directory->ends_with('/'))
      directory->pop_back();
    if (!directory->starts_with('/'))
      return core::fail(core::make_error(
          error_kind::invalid_argument,
          "LAMBDA_CACHE_S3_DIRECTORY='" + *directory + "' is not an absolute path."));
    out.object_directory = std::move(*directory);
  }
  if (code.max_attempts) out.max_attempts = *code.max_attempts;
  return out;
}

}  // namespace lambda_cache::wiring
