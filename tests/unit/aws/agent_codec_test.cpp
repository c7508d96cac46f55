#include "aws/agent_codec.hpp"

#include "aws/secrets_codec.hpp"
#include "aws/ssm_codec.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::aws {
namespace {

TEST(agent_codec_test, a_refusal_that_tells_everything) {
  const auto got = decode_agent_refusal(
      R"({"__type":"AccessDeniedException","message":"no, and the fix","kind":"access_denied",)"
      R"("service":"ssm","operation":"GetParameters","name":"/a","requestId":"r-1",)"
      R"("retryable":false})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->code, "AccessDeniedException");
  EXPECT_EQ(got->message, "no, and the fix");
  EXPECT_EQ(got->kind, error_kind::access_denied);
  EXPECT_EQ(got->operation, "GetParameters");
  EXPECT_EQ(got->request_id, "r-1");
  EXPECT_EQ(got->retryable, false);
}

TEST(agent_codec_test, a_refusal_of_aws_agent) {
  const auto got =
      decode_agent_refusal(R"({"__type":"ResourceNotFoundException", "message":"can't find it"})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->code, "ResourceNotFoundException");
  EXPECT_FALSE(got->kind);
  EXPECT_FALSE(got->retryable);
}

TEST(agent_codec_test, every_kind_is_known_by_its_name) {
  for (int each = 0; each <= static_cast<int>(error_kind::storage); ++each) {
    const auto kind = static_cast<error_kind>(each);
    const auto got =
        decode_agent_refusal(R"({"__type":"X","kind":")" + std::string(to_string(kind)) + "\"}");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->kind, kind);
  }
  EXPECT_FALSE(decode_agent_refusal(R"({"__type":"X","kind":"?"})")->kind);
}

TEST(agent_codec_test, what_is_no_refusal) {
  EXPECT_FALSE(decode_agent_refusal(""));
  EXPECT_FALSE(decode_agent_refusal("Bad Token"));
  EXPECT_FALSE(decode_agent_refusal("[]"));
  EXPECT_FALSE(decode_agent_refusal(R"({"message":"x"})"));
  EXPECT_FALSE(decode_agent_refusal(R"({"__type":1})"));
}

TEST(agent_codec_test, misses_among_several) {
  const auto got = decode_agent_misses(
      R"({"Parameters":[],"InvalidParameters":["/a"],"Errors":[{"Name":"/a","Status":400,)"
      R"("Code":"ParameterNotFound","Kind":"not_found","Message":"none","Retryable":false},)"
      R"(1,{"Name":"/b"},{"Name":"/c","Code":"ThrottlingException","Retryable":true}]})");
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].name, "/a");
  EXPECT_EQ(got[0].status, 400);
  EXPECT_EQ(got[0].why.kind, error_kind::not_found);
  EXPECT_EQ(got[0].why.message, "none");
  EXPECT_EQ(got[1].name, "/c");
  EXPECT_EQ(got[1].why.retryable, true);
  EXPECT_TRUE(decode_agent_misses(R"({"Errors":{}})").empty());
  EXPECT_TRUE(decode_agent_misses("x").empty());
}

TEST(agent_codec_test, ages_are_never_taken_for_younger) {
  EXPECT_EQ(parse_age("0.000", core::millisecond), core::millisecond);
  EXPECT_EQ(parse_age("12.345", core::millisecond), 12'346 * core::millisecond);
  EXPECT_EQ(parse_age("7", core::second), 8 * core::second);
  EXPECT_EQ(parse_age("9e300", 0), 4'000'000'000 * core::second);
  for (const char* const wrong : {"", "x", "-1", "1s", "nan", " 1"})
    EXPECT_FALSE(parse_age(wrong, 0)) << wrong;
}

TEST(agent_codec_test, ages_that_are_asked_for) {
  EXPECT_EQ(age_text(60 * core::second), "60");
  EXPECT_EQ(age_text(1'500 * core::millisecond), "1.5");
  EXPECT_EQ(age_text(1), "0.000000001");
}

// The bodies of AWS's products, nulls and dates as they have them.
TEST(agent_codec_test, values_as_agents_write_them) {
  const auto parameter = decode_get_parameter(
      R"({"Parameter":{"ARN":null,"DataType":null,"LastModifiedDate":"2022-11-16T08:22:40.362Z",)"
      R"("Name":"/x","Selector":":3","SourceResult":null,"Type":"String","Value":"v",)"
      R"("Version":3},"ResultMetadata":{}})");
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->value.view(), "v");
  EXPECT_EQ(parameter->value.version, 3);
  const auto of_extension = decode_get_secret_value(
      R"({"ARN":"arn:x","CreatedDate":"2022-11-16T08:22:40Z","Name":"x","SecretBinary":"AAE=",)"
      R"("SecretString":null,"VersionId":"v1","VersionStages":["AWSCURRENT"],"ResultMetadata":{}})");
  ASSERT_TRUE(of_extension);
  EXPECT_EQ(of_extension->value.view(), std::string_view("\0\1", 2));
  const auto of_agent =
      decode_get_secret_value(R"({"ARN":"arn:x","Name":"x","VersionId":"v1","SecretString":"s",)"
                              R"("VersionStages":["AWSCURRENT"],"CreatedDate":"1569534789.046"})");
  ASSERT_TRUE(of_agent);
  EXPECT_EQ(of_agent->value.view(), "s");
}

}  // namespace
}  // namespace lambda_cache::aws
