#include "cli/access.hpp"

#include "aws/endpoints.hpp"
#include "aws/text.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::cli {
namespace {

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

void forget(std::initializer_list<const char*> names) {
  for (const char* const name : names)
    wiring::set_process_variable(name, std::nullopt);
}

}  // namespace

core::result<void> apply(const access_options& access) {
  // Who says where in AWS, and as whom, does not mean an agent's place.
  if (access.profile || access.region || access.endpoint_url) forget({"LAMBDA_CACHE_AGENT"});
  if (access.profile) {
    // As the AWS command line has it: a profile that is asked for beats keys in the environment.
    forget(
        {"AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"});
    wiring::set_process_variable("AWS_PROFILE", access.profile);
  }
  if (access.region) {
    if (!aws::is_region(*access.region))
      return refuse("--region " + aws::text::quoted(*access.region) +
                    " is not a region; it should look like eu-west-1.");
    wiring::set_process_variable("AWS_REGION", access.region);
  }
  if (access.endpoint_url) {
    const auto checked = aws::resolve_endpoint("ssm", "us-east-1", {.url = *access.endpoint_url});
    if (!checked || access.endpoint_url->empty())
      return refuse("--endpoint-url: " +
                    (checked ? std::string("it is empty.") : checked.error().message));
    forget({"AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_S3",
            "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"});
    wiring::set_process_variable("AWS_ENDPOINT_URL", access.endpoint_url);
  }
  return {};
}

wiring::entry_options entry_options_of(const access_options& access) {
  wiring::entry_options out;
  out.role.role_arn = access.role_arn;
  out.role.external_id = access.external_id;
  out.max_attempts = access.max_attempts;
  if (access.timeout_seconds) out.timeout = wiring::seconds_to_nanos(*access.timeout_seconds);
  return out;
}

core::result<std::vector<asked_name>> parse_names(const std::vector<std::string>& names) {
  std::vector<asked_name> out;
  for (const std::string& each : names) {
    auto parsed = parse_name(each);
    if (!parsed) return core::fail(std::move(parsed.error()));
    if (std::ranges::find(out, parsed->given, &asked_name::given) != out.end())
      return refuse(aws::text::quoted(each) + " is there twice: name it once.");
    out.push_back(std::move(*parsed));
  }
  return out;
}

}  // namespace lambda_cache::cli
