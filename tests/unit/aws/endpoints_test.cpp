#include "aws/endpoints.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

std::string message_of(std::string_view region, const endpoint_options& options) {
  const auto found = resolve_endpoint("ssm", region, options);
  if (found) return "no error";
  EXPECT_EQ(found.error().kind, error_kind::invalid_argument);
  EXPECT_FALSE(found.error().retryable);
  return found.error().message;
}

TEST(ResolveEndpoint, IsTheRegionsOwn) {
  const auto found = resolve_endpoint("ssm", "eu-west-1", {});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->tls);
  EXPECT_EQ(found->host, "ssm.eu-west-1.amazonaws.com");
  EXPECT_EQ(found->host_header, "ssm.eu-west-1.amazonaws.com");
  EXPECT_EQ(found->port, 443);
  EXPECT_EQ(found->base_path, "");
  EXPECT_TRUE(found->is_aws);
}

TEST(ResolveEndpoint, FollowsFipsAndDualStack) {
  const auto host = [](std::string_view region, bool fips, bool dual_stack) {
    return resolve_endpoint("ssm", region, {"", fips, dual_stack})->host;
  };
  EXPECT_EQ(host("us-east-1", true, false), "ssm-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(host("us-east-1", false, true), "ssm.us-east-1.api.aws");
  EXPECT_EQ(host("us-east-1", true, true), "ssm-fips.us-east-1.api.aws");
  EXPECT_EQ(host("us-gov-west-1", true, false), "ssm.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(host("cn-north-1", false, false), "ssm.cn-north-1.amazonaws.com.cn");
}

TEST(ResolveEndpoint, SaysWhereAServiceHasNoFips) {
  const auto found = resolve_endpoint("s3", "cn-north-1", {"", true, false});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "Service s3 has no FIPS endpoint in cn-north-1: unset AWS_USE_FIPS_ENDPOINT.");
}

TEST(ResolveEndpoint, TakesACustomUrl) {
  const auto found =
      resolve_endpoint("ssm", "eu-west-1", {"http://127.0.0.1:4566/base/", false, false});
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->tls);
  EXPECT_EQ(found->host, "127.0.0.1");
  EXPECT_EQ(found->port, 4566);
  EXPECT_EQ(found->base_path, "/base");
  EXPECT_EQ(found->host_header, "127.0.0.1:4566");
  EXPECT_FALSE(found->is_aws);
  EXPECT_EQ(resolve_endpoint("ssm", "eu-west-1", {"https://h//", false, false})->base_path, "");
}

TEST(ResolveEndpoint, RecognisesHostsThatAwsRuns) {
  const auto is_aws = [](const std::string& host) {
    return resolve_endpoint("ssm", "eu-west-1", {"https://" + host, false, false})->is_aws;
  };
  EXPECT_TRUE(is_aws("vpce-1.ssm.eu-west-1.vpce.amazonaws.com"));
  EXPECT_TRUE(is_aws("SSM.cn-north-1.amazonaws.com.CN"));
  EXPECT_TRUE(is_aws("ssm.eu-west-1.api.aws"));
  EXPECT_FALSE(is_aws("amazonaws.com"));
  EXPECT_FALSE(is_aws("evil-amazonaws.com"));
  EXPECT_FALSE(is_aws("amazonaws.com.example.org"));
}

TEST(ResolveEndpoint, NamesWhatIsWrong) {
  EXPECT_NE(message_of("", {}).find("AWS_REGION"), std::string::npos);
  EXPECT_EQ(message_of("eu west", {}), "'eu west' is not a region; it should look like eu-west-1.");
  EXPECT_NE(message_of("eu-west-1", {"http://h", true, false}).find("AWS_USE_FIPS_ENDPOINT"),
            std::string::npos);
  EXPECT_NE(message_of("eu-west-1", {"http://h", false, true}).find("AWS_USE_DUALSTACK_ENDPOINT"),
            std::string::npos);
  EXPECT_NE(message_of("eu-west-1", {"h:80", false, false}).find("http://"), std::string::npos);
  EXPECT_NE(message_of("eu-west-1", {"http://h?", false, false}).find("query"), std::string::npos);
  EXPECT_NE(message_of("eu-west-1", {"http://h/?a=b", false, false}).find("query"),
            std::string::npos);
  EXPECT_NE(message_of("eu west", {"http://h", false, false}).find("region"), std::string::npos);
}

TEST(IsRegion, IsALowercaseHostLabel) {
  for (const std::string_view good : {"eu-west-1", "us-gov-east-1", "x", "aws-global", "a1"})
    EXPECT_TRUE(is_region(good)) << good;
  const std::string long_label(64, 'a');
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("-a"), std::string_view("a-"),
        std::string_view("a.b"), std::string_view("a/b"), std::string_view("EU-WEST-1"),
        std::string_view("a\n"), std::string_view("ä"), std::string_view("a@evil"),
        std::string_view(long_label)})
    EXPECT_FALSE(is_region(bad)) << bad;
}

TEST(PartitionOf, TellsThePartition) {
  EXPECT_EQ(partition_of("eu-west-1"), "aws");
  EXPECT_EQ(partition_of("cn-north-1"), "aws-cn");
  EXPECT_EQ(partition_of("us-isob-east-1"), "aws-iso-b");
  EXPECT_EQ(partition_of("aws-us-gov-global"), "aws-us-gov");
  EXPECT_EQ(partition_of(""), "aws");
  EXPECT_EQ(partition_of("us-gov-"), "aws");
}

}  // namespace
}  // namespace lambda_cache::aws
