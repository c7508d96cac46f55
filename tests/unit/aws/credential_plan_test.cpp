// The decisions that botocore does not make the same way, and what refusals say. The order and the
// rules themselves are compared with botocore's in tests/python/aws/test_credentials_agree.py.
#include "aws/credential_plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;

environment in(variables set) {
  return [set = std::move(set)](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
}

core::result<credential_plan> plan(const variables& set, std::string_view config,
                                   std::string_view credentials = {}, bool container = false) {
  const environment env = in(set);
  auto files = shared_config::parse({"~/config", "~/credentials"}, config, credentials);
  if (!files) return core::fail(files.error());
  return plan_credentials({.env = env, .files = *files, .has_container = container});
}

std::string refusal(const variables& set, std::string_view config,
                    std::string_view credentials = {}) {
  const auto planned = plan(set, config, credentials);
  if (planned) return "(planned " + planned->description + ")";
  EXPECT_EQ(planned.error().kind, error_kind::credentials);
  EXPECT_FALSE(planned.error().retryable);
  return planned.error().message;
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(CredentialPlan, AsksTheInstanceOnlyOutsideOfLambda) {
  EXPECT_TRUE(std::holds_alternative<instance_plan>(plan({}, "")->how));
  EXPECT_SAYS(refusal({{"AWS_LAMBDA_FUNCTION_NAME", "f"}}, ""), "No AWS credentials found");
  EXPECT_SAYS(refusal({{"AWS_EXECUTION_ENV", "AWS_Lambda_python3.13"}}, ""), "function's role");
  EXPECT_SAYS(refusal({{"AWS_EC2_METADATA_DISABLED", "TRUE"}}, ""), "AWS_EC2_METADATA_DISABLED");
  EXPECT_SAYS(refusal({{"AWS_LAMBDA_FUNCTION_NAME", "f"}},
                      "[default]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n"),
              "no instance metadata");
}

TEST(CredentialPlan, FindsTheMetadataService) {
  const auto endpoint = [](const variables& set, std::string_view config = {}) {
    const auto planned = plan(set, config);
    if (!planned) return planned.error().message;
    const auto& how = std::get<instance_plan>(planned->how);
    return host_header(how.endpoint) + how.endpoint.path;
  };
  EXPECT_EQ(endpoint({}), "169.254.169.254/");
  EXPECT_EQ(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}), "[fd00:ec2::254]/");
  EXPECT_EQ(endpoint({{"AWS_IMDS_USE_IPV6", "true"}}), "[fd00:ec2::254]/");
  EXPECT_EQ(endpoint({}, "[default]\nec2_metadata_service_endpoint_mode = ipv6\n"),
            "[fd00:ec2::254]/");
  EXPECT_EQ(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:99/x"},
                      {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6"}}),
            "127.0.0.1:99/x/");
  EXPECT_SAYS(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "5"}}), "IPv4 and IPv6");
  EXPECT_SAYS(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "x"}}),
              "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  EXPECT_SAYS(endpoint({{"AWS_METADATA_SERVICE_TIMEOUT", "soon"}}), "AWS_METADATA_SERVICE_TIMEOUT");
}

TEST(CredentialPlan, NamesTheSessionAfterTheFunction) {
  const auto planned = plan({{"AWS_LAMBDA_FUNCTION_NAME", "orders:1"}},
                            "[default]\nrole_arn = r\nsource_profile = b\n",
                            "[b]\naws_access_key_id = i\naws_secret_access_key = s\n");
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(std::get<assume_role_plan>(planned->how).role.session_name, "lambda-cache-orders-1");
  EXPECT_EQ(planned->description, "profile 'default', role r assumed with profile 'b'");
}

TEST(CredentialPlan, SaysWhatToDo) {
  const std::string keys =
      "aws_access_key_id = AKIDHUNTER2\naws_secret_access_key = canary-hunter2\n";
  EXPECT_SAYS(refusal({{"AWS_PROFILE", "nobody"}}, ""), "'nobody' that AWS_PROFILE names");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn = r\n"), "neither source_profile nor");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn=r\nsource_profile=a\ncredential_source=b\n"),
              "both source_profile and credential_source");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn=r\ncredential_source=Moon\n"),
              "legal are Environment, EcsContainer and Ec2InstanceMetadata");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn=r\nsource_profile=a\n"), "source_profile = 'a'");
  EXPECT_SAYS(refusal({},
                      "[default]\nrole_arn=r\nsource_profile=a\n[profile a]\nrole_arn=r\n"
                      "source_profile=default\n"),
              "circle: default -> a -> default");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn=r\nsource_profile=default\n"), "circle");
  EXPECT_SAYS(refusal({}, "[default]\nrole_arn=r\nsource_profile=a\n[profile a]\nregion=x\n"),
              "has no credentials");
  EXPECT_SAYS(
      refusal({}, "[default]\nrole_arn=r\nmfa_serial=m\nsource_profile=a\n", "[a]\n" + keys),
      "aws configure export-credentials --profile default");
  EXPECT_SAYS(refusal({}, "[default]\nlogin_session=s\n"), "aws login");
  EXPECT_SAYS(refusal({}, "[default]\ncredential_process='a\n"), "check its quotes");
  EXPECT_SAYS(refusal({}, "[default]\nsso_role_name=a\n"),
              "lacks sso_account_id, sso_start_url, sso_region");
  EXPECT_SAYS(refusal({}, "[default]\nsso_role_name=a\nsso_session=s\n"), "no [sso-session s]");
  EXPECT_SAYS(refusal({},
                      "[default]\nsso_role_name=a\nsso_account_id=1\nsso_session=s\n"
                      "sso_region=x\n[sso-session s]\nsso_region=y\nsso_start_url=u\n"),
              "different values for sso_region");
  EXPECT_SAYS(refusal({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}, ""), "AWS_ROLE_ARN");
  const std::string half = refusal({}, "", "[default]\naws_access_key_id = AKIDHUNTER2\n");
  EXPECT_SAYS(half, "no aws_secret_access_key");
  EXPECT_EQ(half.find("HUNTER2"), std::string::npos);
}

TEST(CredentialPlan, BoundsChainsOfRoles) {
  std::string config = "[default]\nrole_arn=r\nsource_profile=p0\n";
  for (int i = 0; i < 100; ++i)
    config += "[profile p" + std::to_string(i) + "]\nrole_arn=r\nsource_profile=p" +
              std::to_string(i + 1) + "\n";
  config += "[profile p100]\naws_access_key_id=i\naws_secret_access_key=s\n";
  EXPECT_SAYS(refusal({}, config), "More than 16 profiles");
}

TEST(CredentialPlan, TakesSsoTokensByTheirCachedName) {
  const auto planned =
      plan({},
           "[default]\nsso_role_name=a\nsso_account_id=1\nsso_start_url=https://x/start\n"
           "sso_region=eu-west-1\n");
  ASSERT_TRUE(planned);
  EXPECT_EQ(std::get<sso_plan>(planned->how).token_file_name,
            "f9bd89c67fef27fcb5df8d2e4b64eabe5bae45a4.json");
}

TEST(SharedFiles, ExpandPaths) {
  const environment env = in({{"HOME", "/home/u/"}, {"WHERE", "/else"}});
  EXPECT_EQ(shared_files_of(env).config, "/home/u/.aws/config");
  EXPECT_EQ(shared_files_of(env).credentials, "/home/u/.aws/credentials");
  EXPECT_EQ(expand_path("$WHERE/${WHERE}x$NOT/$", env), "/else//elsex$NOT/$");
  EXPECT_EQ(expand_path("~", env), "/home/u");
  EXPECT_EQ(expand_path("a/~/b", env), "a/~/b");
  EXPECT_EQ(shared_files_of(in({})).config, "");
  EXPECT_EQ(shared_files_of(in({{"AWS_CONFIG_FILE", "/c"}})).config, "/c");
}

}  // namespace
}  // namespace lambda_cache::aws
