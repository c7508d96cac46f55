// What the environment says. Input: lines NAME=value, then, after a line "---", the config file.
#include "aws/credentials.hpp"
#include "fuzz/environment_text.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"
#include "wiring/config.hpp"

namespace lambda_cache::fuzz {
namespace {

void check(const wiring::config& values) {
  require(values.region.empty() || aws::is_region(values.region), "a region is one");
  for (const core::nanos duration :
       {values.max_age, values.stale_if_error, values.timeout, values.object_timeout})
    require(duration >= 0, "a duration is not negative");
  require(values.max_attempts >= 1, "there is at least one attempt");
  require(values.object_directory.starts_with('/'), "the directory is absolute");
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, aws::text::is_control);
}

}  // namespace

void environment(std::string_view input) {
  const bool is_secret = is_canary_a_secret(input);
  const auto check_refusal = [&](const error_info& why) {
    require_readable(why.message);
    require(!is_secret || !why.message.contains(canary), "an error shows no secret");
    require(why.kind == error_kind::invalid_argument || why.kind == error_kind::credentials,
            "the environment is wrong, nothing else");
    require(!why.retryable, "the environment stays as it is");
  };
  const aws::environment env = environment_of(read_variables(take_part(input)));
  const auto files = aws::shared_config::parse({"the config", "the keys"}, input, {});
  if (!files) return check_refusal(files.error());

  const auto values = wiring::resolve_config({}, env, *files);
  if (values) {
    check(*values);
    for (const auto& each : values->endpoints.all) {
      const auto endpoint = aws::resolve_endpoint(each.service, "eu-west-1", each.options);
      if (!endpoint) check_refusal(endpoint.error());
    }
  } else {
    check_refusal(values.error());
  }

  const auto keys = aws::credentials_from_environment(env);
  if (!keys) check_refusal(keys.error());
  if (keys && *keys)
    require(!(*keys)->access_key_id.empty() && !(*keys)->secret_access_key.empty() &&
                is_header_value((*keys)->access_key_id) &&
                is_header_value(view((*keys)->secret_access_key)) &&
                is_header_value(view((*keys)->session_token)),
            "keys are header values");
  const auto container = aws::container_from_environment(env);
  if (!container) check_refusal(container.error());
  if (container && *container)
    require(!(*container)->host.empty() && (*container)->target.starts_with('/') &&
                std::ranges::all_of((*container)->target, aws::text::is_visible) &&
                is_header_value(view((*container)->authorization)),
            "a container's endpoint is one");
}

}  // namespace lambda_cache::fuzz
