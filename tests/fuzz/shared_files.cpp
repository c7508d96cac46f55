// Which credentials the environment and the shared files ask for. Input: lines NAME=value, the
// config file, the credentials file, with lines "---" between them.
#include "aws/credential_plan.hpp"
#include "aws/shared_config.hpp"
#include "fuzz/environment_text.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, aws::text::is_control);
}

void check(const aws::credential_plan& plan) {
  if (const auto* keys = std::get_if<aws::file_keys_plan>(&plan.how)) {
    require(is_key(keys->keys.access_key_id) && is_key(view(keys->keys.secret_access_key)),
            "keys are header values");
  } else if (const auto* identity = std::get_if<aws::web_identity_plan>(&plan.how)) {
    require(!identity->token_file.empty() && !identity->role.role_arn.empty() &&
                !identity->role.session_name.empty(),
            "a web identity is complete");
  } else if (const auto* sso = std::get_if<aws::sso_plan>(&plan.how)) {
    require(sso->token_file_name.size() == 45, "a cached token has the name of a hash");
  } else if (const auto* process = std::get_if<aws::process_plan>(&plan.how)) {
    require(!process->arguments.empty() && !process->arguments.front().empty(),
            "a process has a command");
    for (const std::string& argument : process->arguments)
      require(!argument.contains('\0'), "an argument ends where it ends");
  } else if (const auto* instance = std::get_if<aws::instance_plan>(&plan.how)) {
    require(instance->timeout.count() >= 1 && instance->timeout.count() <= 60 &&
                instance->attempts >= 1 && instance->attempts <= 20,
            "asking an instance is bounded");
    require(instance->endpoint.path.ends_with('/') && instance->endpoint.query.empty(),
            "an instance's endpoint is one");
  }
}

void check_chain(const aws::credential_plan& plan, bool is_secret) {
  constexpr int longest_chain = 18;
  int length = 0;
  for (const aws::credential_plan* at = &plan; at != nullptr; ++length) {
    require_readable(at->description);
    require(!is_secret || !at->description.contains(canary), "a description shows no secret");
    check(*at);
    const auto* role = std::get_if<aws::assume_role_plan>(&at->how);
    at = role == nullptr ? nullptr : role->base.get();
  }
  require(length <= longest_chain, "a chain of roles is bounded");
}

}  // namespace

void shared_files(std::string_view input) {
  const bool is_secret = is_canary_a_secret(input);
  const auto check_refusal = [&](const error_info& why) {
    require_readable(why.message);
    require(!is_secret || !why.message.contains(canary), "an error shows no secret");
  };
  const aws::environment env = environment_of(read_variables(take_part(input)));
  const std::string_view config = take_part(input);
  const auto files = aws::shared_config::parse(aws::shared_files_of(env), config, input);
  if (!files) return check_refusal(files.error());

  for (const bool container : {false, true}) {
    const auto plan =
        aws::plan_credentials({.env = env, .files = *files, .has_container = container});
    if (plan) {
      check_chain(*plan, is_secret);
    } else {
      check_refusal(plan.error());
    }
  }
  const std::string profile = aws::chosen_profile(env).value_or("default");
  for (const std::string_view service : {"ssm", "secrets_manager"})
    if (const auto url = aws::configured_endpoint_url(env, *files, profile, service); !url)
      check_refusal(url.error());
}

}  // namespace lambda_cache::fuzz
