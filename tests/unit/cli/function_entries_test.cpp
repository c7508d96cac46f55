#include "cli/function_entries.hpp"

#include "unit/cli/made.hpp"

#include <tuple>

namespace lambda_cache::cli {
namespace {

TEST(function_entries_test, every_kind_and_its_options) {
  const auto got = parse_declared(
      R"({"entries": [
        {"service": "ssm", "name": "/a", "version": 3, "with_decryption": false,
         "role_arn": "arn:aws:iam::1:role/r", "external_id": "e", "timeout_seconds": 1.5,
         "max_attempts": 2, "region": "eu-west-1", "endpoint_url": "http://x"},
        {"service": "ssm path", "name": "/p/", "recursive": false,
         "filters": [["Label", true, ["x", "y"]]]},
        {"service": "secretsmanager", "name": "db", "rotation_aware": true,
         "version_stage": "AWSPREVIOUS", "optional": true},
        {"service": "s3", "name": "s3://bucket/k", "version_id": "v"}]})",
      "app.handler");
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->size(), 4U);
  const auto& [parameter, path, secret, object] =
      std::tie((*got)[0], (*got)[1], (*got)[2], (*got)[3]);
  EXPECT_EQ(parameter.asked.given, "ssm:/a");
  EXPECT_EQ(parameter.options.version, 3);
  EXPECT_FALSE(parameter.options.decrypt);
  EXPECT_EQ(parameter.options.role.role_arn, "arn:aws:iam::1:role/r");
  EXPECT_EQ(parameter.options.role.external_id, "e");
  EXPECT_EQ(parameter.options.timeout, core::nanos{1'500'000'000});
  EXPECT_EQ(parameter.options.max_attempts, 2);
  EXPECT_EQ(parameter.options.region, "eu-west-1");
  EXPECT_EQ(parameter.options.endpoint_url, "http://x");
  EXPECT_FALSE(parameter.optional);
  EXPECT_EQ(path.asked.kind, name_kind::path);
  EXPECT_FALSE(path.options.recursive);
  ASSERT_EQ(path.options.filters.size(), 1U);
  EXPECT_EQ(path.options.filters[0].key, "Label");
  EXPECT_TRUE(path.options.filters[0].begins_with);
  EXPECT_EQ(path.options.filters[0].values, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(secret.asked.given, "secret:db");
  EXPECT_TRUE(secret.options.rotation_aware);
  EXPECT_TRUE(secret.optional);
  EXPECT_EQ(secret.options.version_stage, "AWSPREVIOUS");
  EXPECT_EQ(object.asked.given, "s3://bucket/k");
  EXPECT_EQ(object.options.version_id, "v");
}

TEST(function_entries_test, failures_are_told) {
  const auto says = [](std::string_view json, std::string_view what) {
    const auto got = parse_declared(json, "app.handler");
    ASSERT_FALSE(got) << json;
    EXPECT_NE(got.error().message.find(what), std::string::npos) << got.error().message;
  };
  says(R"({"error": "there is no module 'app'."})", "app.handler: there is no module 'app'.");
  says("", "no JSON");
  says("[]", "no JSON");
  says("{}", "no entries");
  says(R"({"entries": [{"service": "dynamodb", "name": "x"}]})", "dynamodb");
}

}  // namespace
}  // namespace lambda_cache::cli
