#include "cli/policy.hpp"

#include "unit/cli/made.hpp"

#include <boost/json.hpp>

#include <map>

namespace lambda_cache::cli {
namespace {

namespace json = boost::json;

const policy_scope scope{.account = "123456789012", .region = "eu-west-1", .kms_keys = {}};

/// The statements by their Sid: "Action Action -> Resource Resource".
std::map<std::string, std::string> statements(const std::vector<wanted>& all,
                                              const policy_scope& in = scope,
                                              const std::string& role = {}) {
  const auto made = make_policy(all, in, role);
  if (!made) throw error(made.error());
  const json::value parsed = json::parse(std::string_view(made->data(), made->size()));
  EXPECT_EQ(parsed.at("Version"), "2012-10-17");
  std::map<std::string, std::string> out;
  for (const json::value& each : parsed.at("Statement").as_array()) {
    EXPECT_EQ(each.at("Effect"), "Allow");
    std::string text;
    for (const json::value& action : each.at("Action").as_array())
      text += std::string(action.as_string()) + ' ';
    text += "->";
    for (const json::value& resource : each.at("Resource").as_array())
      text += ' ' + std::string(resource.as_string());
    out[std::string(each.at("Sid").as_string())] = text;
  }
  return out;
}

using expected = std::map<std::string, std::string>;

TEST(policy_test, parameters) {
  EXPECT_EQ(statements(made({"ssm:/app/x:3", "ssm:/app/x", "ssm:plain",
                             "ssm:arn:aws:ssm:us-east-1:210987654321:parameter/shared:2"})),
            (expected{{"ReadParameters",
                       "ssm:GetParameter ssm:GetParameters -> "
                       "arn:aws:ssm:eu-west-1:123456789012:parameter/app/x "
                       "arn:aws:ssm:eu-west-1:123456789012:parameter/plain "
                       "arn:aws:ssm:us-east-1:210987654321:parameter/shared"}}));
}

TEST(policy_test, a_path_is_the_resource_as_it_is_written) {
  EXPECT_EQ(statements(made({"ssm-path:/app/", "ssm-path:/other"})),
            (expected{{"ReadParametersByPath",
                       "ssm:GetParametersByPath -> "
                       "arn:aws:ssm:eu-west-1:123456789012:parameter/app/ "
                       "arn:aws:ssm:eu-west-1:123456789012:parameter/other"}}));
}

TEST(policy_test, a_parameter_that_refers_to_a_secret) {
  const auto got = statements(made({"ssm:/aws/reference/secretsmanager/prod/db"}));
  EXPECT_EQ(got.at("ReadSecrets"),
            "secretsmanager:GetSecretValue -> "
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-??????");
  EXPECT_TRUE(got.contains("ReadParameters"));
}

TEST(policy_test, secrets) {
  const std::string arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
  EXPECT_EQ(statements(made({"secret:db"})),
            (expected{{"ReadSecrets", "secretsmanager:GetSecretValue -> " + arn + "db-??????"}}));
  // Those that one call can read together.
  EXPECT_EQ(statements(made({"secret:db", "secret:" + arn + "whole-AbCdEf"})),
            (expected{{"ReadSecrets", "secretsmanager:GetSecretValue -> " + arn + "db-?????? " +
                                          arn + "whole-AbCdEf"},
                      {"ReadSecretsTogether", "secretsmanager:BatchGetSecretValue -> *"}}));
  EXPECT_EQ(
      statements({made("secret:db", {.version_stage = "AWSPREVIOUS"}),
                  made("secret:" + arn + "part", {.rotation_aware = true})}),
      (expected{{"ReadSecrets",
                 "secretsmanager:GetSecretValue -> " + arn + "db-?????? " + arn + "part-??????"},
                {"SeeRotations", "secretsmanager:DescribeSecret -> " + arn + "part-??????"}}));
}

TEST(policy_test, objects_with_characters_that_mean_something_there) {
  EXPECT_EQ(statements({made("s3://bucket/a*b?c$d", {.as_bytes = true}),
                        made("s3://bucket/v", {.version_id = "1", .as_bytes = true})}),
            (expected{{"ReadObjects", "s3:GetObject -> arn:aws:s3:::bucket/a${*}b${?}c${$}d"},
                      {"ReadObjectVersions", "s3:GetObjectVersion -> arn:aws:s3:::bucket/v"}}));
}

TEST(policy_test, partitions_and_regions) {
  const policy_scope china{.account = "123456789012", .region = "cn-north-1", .kms_keys = {}};
  EXPECT_EQ(statements(made({"ssm:/a"}), china).at("ReadParameters"),
            "ssm:GetParameter ssm:GetParameters -> "
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/a");
  EXPECT_EQ(statements({made("s3://bucket/a", {.as_bytes = true})}, china).at("ReadObjects"),
            "s3:GetObject -> arn:aws-cn:s3:::bucket/a");
  EXPECT_EQ(statements({made("ssm:/a", {.region = "us-gov-west-1"})}).at("ReadParameters"),
            "ssm:GetParameter ssm:GetParameters -> "
            "arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/a");
  const auto none = make_policy(made({"ssm:/a"}), {.account = "1", .region = "", .kms_keys = {}});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("AWS_REGION"), std::string::npos);
}

TEST(policy_test, roles_have_policies_of_their_own) {
  const std::string role = "arn:aws:iam::210987654321:role/reader";
  const std::vector<wanted> all = {made("ssm:/own"),
                                   made("ssm:/theirs", {.role = {.role_arn = role}})};
  EXPECT_EQ(assumed_roles(all), std::vector<std::string>{role});
  EXPECT_EQ(statements(all), (expected{{"AssumeRoles", "sts:AssumeRole -> " + role},
                                       {"ReadParameters",
                                        "ssm:GetParameter ssm:GetParameters -> "
                                        "arn:aws:ssm:eu-west-1:123456789012:parameter/own"}}));
  EXPECT_EQ(statements(all, scope, role),
            (expected{{"ReadParameters",
                       "ssm:GetParameter ssm:GetParameters -> "
                       "arn:aws:ssm:eu-west-1:210987654321:parameter/theirs"}}));
}

TEST(policy_test, keys) {
  const std::string key = "arn:aws:kms:eu-west-1:123456789012:key/1";
  const policy_scope with{.account = "123456789012", .region = "eu-west-1", .kms_keys = {key}};
  EXPECT_EQ(statements(made({"ssm:/a"}), with).at("DecryptValues"), "kms:Decrypt -> " + key);
}

}  // namespace
}  // namespace lambda_cache::cli
