#include "aws/credential_plan.hpp"
#include "aws/text.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace lambda_cache::aws {
namespace {

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

/// A setting of the metadata service: the variable, else the profile's option.
std::string instance_setting(const environment& env, const shared_config& files,
                             std::string_view profile, std::string_view variable,
                             std::string_view option) {
  auto set = env(variable);
  return set && !set->empty() ? std::move(*set)
                              : std::string(files.find(profile, option).value_or(""));
}

}  // namespace

bool in_lambda(const environment& env) {
  return !env("AWS_LAMBDA_FUNCTION_NAME").value_or("").empty() ||
         env("AWS_EXECUTION_ENV").value_or("").starts_with("AWS_Lambda_");
}

core::result<instance_plan> plan_instance(const environment& env, const shared_config& files,
                                          std::string_view profile) {
  const auto setting = [&](std::string_view variable, std::string_view option) {
    return instance_setting(env, files, profile, variable, option);
  };
  const std::string mode =
      setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
  bool ipv6 = text::iequals(mode, "ipv6");
  if (!mode.empty() && !ipv6 && !text::iequals(mode, "ipv4"))
    return refuse("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is " + text::quoted(mode) +
                  "; legal are IPv4 and IPv6.");
  if (mode.empty()) ipv6 = text::iequals(setting("AWS_IMDS_USE_IPV6", "imds_use_ipv6"), "true");

  std::string endpoint =
      setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
  if (endpoint.empty()) endpoint = ipv6 ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
  auto parts = parse_url(endpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (!parts) {
    parts.error().kind = error_kind::credentials;
    return core::fail(std::move(parts.error()));
  }
  if (!parts->query.empty())
    return refuse("AWS_EC2_METADATA_SERVICE_ENDPOINT must not have a query (?).");
  if (!parts->path.ends_with('/')) parts->path.push_back('/');

  instance_plan plan;
  plan.endpoint = std::move(*parts);
  const auto count = [&](std::string_view variable, std::string_view option,
                         std::int64_t most) -> core::result<std::int64_t> {
    const std::string value = setting(variable, option);
    if (value.empty()) return 1;
    const auto number = text::whole_number(value);
    if (!number || *number < 1 || *number > most)
      return refuse(std::string(variable) + " is " + text::quoted(value) +
                    "; it has to be a whole number from 1 to " + std::to_string(most) + ".");
    return *number;
  };
  const auto timeout = count("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 60);
  if (!timeout) return core::fail(timeout.error());
  const auto attempts =
      count("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", 20);
  if (!attempts) return core::fail(attempts.error());
  plan.timeout = std::chrono::seconds(*timeout);
  plan.attempts = static_cast<int>(*attempts);
  return plan;
}

}  // namespace lambda_cache::aws
