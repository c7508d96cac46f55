// Which credentials the environment and the shared files ask for: botocore's order and rules, as a
// decision. Nothing is fetched here.
#pragma once

#include "aws/credentials.hpp"
#include "aws/role.hpp"
#include "aws/shared_config.hpp"
#include "aws/url.hpp"
#include "core/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace lambda_cache::aws {

/// AWS_ACCESS_KEY_ID and its relatives.
struct environment_plan {};
/// The container endpoint that the environment names.
struct container_plan {};
/// Keys written in one of the files.
struct file_keys_plan {
  credentials keys;
};
/// AssumeRoleWithWebIdentity with the token in a file that somebody keeps fresh.
struct web_identity_plan {
  role_settings role;
  std::string token_file;
};
/// GetRoleCredentials with the token that `aws sso login` left.
struct sso_plan {
  std::string profile;
  std::string token_file_name;  // in ~/.aws/sso/cache
  std::string region;
  std::string account_id;
  std::string role_name;
};
/// A command that prints keys.
struct process_plan {
  std::string profile;
  std::vector<std::string> arguments;  // at least one
};
/// The metadata service of an EC2 instance.
struct instance_plan {
  url endpoint;
  std::chrono::seconds timeout{1};
  int attempts = 1;
};
struct credential_plan;
/// AssumeRole with other credentials.
struct assume_role_plan {
  role_settings role;
  std::unique_ptr<credential_plan> base;
};

struct credential_plan {
  std::variant<environment_plan, container_plan, file_keys_plan, web_identity_plan, sso_plan,
               process_plan, instance_plan, assume_role_plan>
      how;
  /// For people: "environment", "profile 'x'", ...; no secrets.
  std::string description;
};

/// What there is to decide on.
struct plan_input {
  const environment& env;      // may know only what is needed below
  const shared_config& files;  // what is missing counts as empty
  bool has_environment_keys = false;
  bool has_container = false;
};

/// Errors: credentials (half a key pair, a role without a source, a source that does not exist, a
/// circle of profiles, mfa_serial, `aws login`, nothing configured at all), each with its fix.
[[nodiscard]] core::result<credential_plan> plan_credentials(const plan_input& from);

/// Whether this is a Lambda function's environment, where there is no instance metadata.
[[nodiscard]] bool in_lambda(const environment& env);

/// Where the metadata service is. Errors (credentials): malformed settings, named.
[[nodiscard]] core::result<instance_plan> plan_instance(const environment& env,
                                                        const shared_config& files,
                                                        std::string_view profile);

}  // namespace lambda_cache::aws
