#include "aws/secrets_codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::aws {
namespace {

std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(EncodeSecrets, WritesTheBodies) {
  EXPECT_EQ(text(encode_get_secret_value({"/db", "", ""})), R"({"SecretId":"/db"})");
  EXPECT_EQ(text(encode_get_secret_value({"/db", "v-1", ""})),
            R"({"SecretId":"/db","VersionId":"v-1"})");
  EXPECT_EQ(text(encode_get_secret_value({"/db", "", "a \"stage\""})),
            R"({"SecretId":"/db","VersionStage":"a \"stage\""})");
  const std::array<std::string_view, 2> ids = {"/a", "arn:x"};
  EXPECT_EQ(text(encode_batch_get_secret_value(ids)), R"({"SecretIdList":["/a","arn:x"]})");
  EXPECT_EQ(text(encode_describe_secret("/db")), R"({"SecretId":"/db"})");
}

TEST(DecodeGetSecretValue, Text) {
  const auto found = decode_get_secret_value(
      R"({"ARN":"arn:x-AbCdEf","Name":"/db","VersionId":"v-1","SecretString":"p\u0000\"\ud83d\ude00",
          "VersionStages":["AWSCURRENT"],"CreatedDate":1.7E9})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->name, "/db");
  EXPECT_EQ(found->value.kind, core::value_kind::text);
  EXPECT_EQ(found->value.type, "SecretString");
  EXPECT_EQ(found->value.view(), std::string_view("p\0\"😀", 7));
  EXPECT_EQ(found->value.arn, "arn:x-AbCdEf");
  EXPECT_EQ(found->value.version_id, "v-1");
}

TEST(DecodeGetSecretValue, Bytes) {
  const auto found =
      decode_get_secret_value(R"({"Name":"/db","SecretString":null,"SecretBinary":"AAEC/w=="})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->value.kind, core::value_kind::bytes);
  EXPECT_EQ(found->value.type, "SecretBinary");
  EXPECT_EQ(found->value.view(), std::string_view("\0\1\2\xff", 4));
  EXPECT_TRUE(decode_get_secret_value(R"({"Name":"/db","SecretBinary":""})"));
  EXPECT_TRUE(decode_get_secret_value(R"({"Name":"/db","SecretString":""})"));
}

TEST(DecodeGetSecretValue, SaysWhatIsWrong) {
  const std::string deep = std::string(33, '[') + "canary-hunter2" + std::string(33, ']');
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "it is not JSON"},
      {deep, "it is nested deeper than 32 levels"},
      {"[]", "no JSON object"},
      {R"({"SecretString":"canary-hunter2"})", "without a Name"},
      {R"({"Name":"/db"})", "neither"},
      {R"({"Name":"/db","SecretString":["canary-hunter2"]})", "no text"},
      {R"({"Name":"/db","SecretBinary":"canary-hunter2"})", "base64"},
      {R"({"Name":"/db","SecretBinary":7})", "neither"},
  };
  for (const auto& [body, reason] : cases) {
    const auto found = decode_get_secret_value(body);
    ASSERT_FALSE(found) << body;
    EXPECT_EQ(found.error().kind, error_kind::protocol);
    EXPECT_TRUE(found.error().retryable);
    EXPECT_EQ(found.error().service, "secretsmanager");
    EXPECT_EQ(found.error().operation, "GetSecretValue");
    EXPECT_NE(found.error().message.find(reason), std::string::npos) << found.error().message;
    EXPECT_EQ(found.error().message.find("canary-hunter2"), std::string::npos);
  }
}

TEST(DecodeBatchGetSecretValue, ReadsValuesAndRefusals) {
  const auto all = decode_batch_get_secret_value(
      R"({"SecretValues":[{"Name":"/b","SecretString":"2"},{"Name":"/a","SecretBinary":"MQ=="}],
          "Errors":[{"SecretId":"/c","ErrorCode":"ResourceNotFoundException","Message":"none"},
                    {"SecretId":"/d","ErrorCode":"AccessDeniedException"}],"NextToken":"t"})");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->found.size(), 2U);
  EXPECT_EQ(all->found[0].name, "/b");
  EXPECT_EQ(all->found[1].value.view(), "1");
  ASSERT_EQ(all->refused.size(), 2U);
  EXPECT_EQ(all->refused[0].id, "/c");
  EXPECT_EQ(all->refused[0].code, "ResourceNotFoundException");
  EXPECT_EQ(all->refused[0].message, "none");
  EXPECT_EQ(all->refused[1].message, "");
  EXPECT_TRUE(decode_batch_get_secret_value(R"({"SecretValues":[]})"));
  EXPECT_TRUE(decode_batch_get_secret_value(R"({"Errors":[],"SecretValues":null})"));
}

TEST(DecodeBatchGetSecretValue, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view body :
       {"", "[]", "{}", R"({"SecretValues":{}})", R"({"SecretValues":[1]})",
        R"({"SecretValues":[{"Name":"/a"}]})", R"({"Errors":[{"SecretId":"/a"}]})",
        R"({"Errors":[{"ErrorCode":"x"}]})", R"({"SecretValues":[],"Errors":"x"})"}) {
    const auto all = decode_batch_get_secret_value(body);
    ASSERT_FALSE(all) << body;
    EXPECT_EQ(all.error().kind, error_kind::protocol);
    EXPECT_EQ(all.error().operation, "BatchGetSecretValue");
  }
}

TEST(DecodeDescribeSecret, ReadsStagesAndTheNextRotation) {
  const auto found = decode_describe_secret(
      R"({"VersionIdsToStages":{"v1":["AWSPREVIOUS"],"v2":["AWSCURRENT","mine"],"v0":[]},
          "NextRotationDate":1764028800.75})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->version_of("AWSCURRENT"), "v2");
  EXPECT_EQ(found->version_of("mine"), "v2");
  EXPECT_EQ(found->version_of("AWSPREVIOUS"), "v1");
  EXPECT_EQ(found->version_of("AWSPENDING"), "");
  EXPECT_EQ(found->next_rotation, 1764028800);
  EXPECT_FALSE(found->is_deleted);
  EXPECT_FALSE(decode_describe_secret("{}")->next_rotation);
  EXPECT_TRUE(decode_describe_secret(R"({"DeletedDate":1764028800.75})")->is_deleted);
  EXPECT_FALSE(decode_describe_secret(R"({"DeletedDate":null})")->is_deleted);
  for (const std::string_view body :
       {"", "[]", R"({"VersionIdsToStages":[]})", R"({"VersionIdsToStages":{"v":"x"}})",
        R"({"VersionIdsToStages":{"v":[1]}})", R"({"NextRotationDate":"soon"})",
        R"({"NextRotationDate":1e300})"})
    EXPECT_FALSE(decode_describe_secret(body)) << body;
}

TEST(Answers, NameArnAndTheBeginOfAnArn) {
  secret found;
  found.name = "/db";
  found.value.arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/db-AbCdEf";
  EXPECT_TRUE(answers(found, "/db"));
  EXPECT_TRUE(answers(found, found.value.arn));
  EXPECT_TRUE(answers(found, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/db"));
  EXPECT_FALSE(answers(found, "db"));
  EXPECT_FALSE(answers(found, "/db-AbCdEf"));
  EXPECT_FALSE(answers(found, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/d"));
  EXPECT_FALSE(answers(found, ""));
}

TEST(DecodeSecrets, LeaveNoSecretMemoryBehind) {
  const std::size_t before = core::secret_bytes_in_use();
  EXPECT_TRUE(decode_get_secret_value(R"({"Name":"/db","SecretBinary":"AAEC"})"));
  EXPECT_FALSE(decode_get_secret_value(R"({"Name":"/db","SecretBinary":"AAE"})"));
  EXPECT_FALSE(decode_batch_get_secret_value(
      R"({"SecretValues":[{"Name":"/b","SecretString":"2"},{"Name":"/a"}]})"));
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::aws
