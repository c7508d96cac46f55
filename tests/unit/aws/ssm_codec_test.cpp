#include "aws/ssm_codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(EncodeGetParameter, WritesTheBody) {
  EXPECT_EQ(text(encode_get_parameter("/app/x:3", true)),
            R"({"Name":"/app/x:3","WithDecryption":true})");
  EXPECT_EQ(text(encode_get_parameter("x", false)), R"({"Name":"x","WithDecryption":false})");
}

TEST(EncodeGetParameters, WritesTheBody) {
  const std::array<std::string_view, 2> names = {"/a", "arn:aws:ssm:r:1:parameter/b"};
  EXPECT_EQ(text(encode_get_parameters(names, true)),
            R"({"Names":["/a","arn:aws:ssm:r:1:parameter/b"],"WithDecryption":true})");
  EXPECT_EQ(text(encode_get_parameters({}, false)), R"({"Names":[],"WithDecryption":false})");
}

TEST(EncodeGetParameter, EscapesAndKeepsUnicode) {
  EXPECT_EQ(text(encode_get_parameter(std::string_view("\"\\\n\r\t\0\x1f\x7f ü😀", 15), true)),
            "{\"Name\":\"\\\"\\\\\\n\\r\\t\\u0000\\u001f\\u007f ü😀\",\"WithDecryption\":true}");
}

TEST(EncodeGetParameter, StaysJsonForBrokenUtf8) {
  EXPECT_EQ(text(encode_get_parameter("a\xff\xe2\x82", true)),
            "{\"Name\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"WithDecryption\":true}");
}

TEST(DecodeGetParameter, ReadsEveryMember) {
  const auto found = decode_get_parameter(
      R"({"Parameter":{"ARN":"arn:aws:ssm:r:1:parameter/x","DataType":"text","LastModifiedDate":1.6E9,
          "Name":"/x","Selector":":3","Type":"SecureString","Value":"v","Version":3},"More":[]})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->name, "/x");
  EXPECT_EQ(found->arn, "arn:aws:ssm:r:1:parameter/x");
  EXPECT_EQ(found->selector, ":3");
  EXPECT_EQ(found->value.view(), "v");
  EXPECT_EQ(found->value.type, "SecureString");
  EXPECT_EQ(found->value.arn, found->arn);
  EXPECT_EQ(found->value.version, 3);
  EXPECT_EQ(found->value.kind, core::value_kind::text);
}

TEST(DecodeGetParameter, TakesNullAndAbsentMembers) {
  const auto found = decode_get_parameter(
      R"({"Parameter":{"ARN":null,"Name":"x","Selector":null,"Type":"String","Value":""},"ResultMetadata":{}})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->arn, "");
  EXPECT_EQ(found->selector, "");
  EXPECT_EQ(found->value.version, 0);
  EXPECT_EQ(found->value.view(), "");
}

TEST(DecodeGetParameter, KeepsEveryCharacterOfTheValue) {
  const auto found = decode_get_parameter(
      R"({"Parameter":{"Name":"x","Type":"String","Value":"a\u0000b\"\\\/\b\f\n\r\t\ud83d\ude00ü😀"}})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->value.view(), std::string_view("a\0b\"\\/\b\f\n\r\t😀ü😀", 21));
}

TEST(DecodeGetParameter, TakesTheLargestValue) {
  const std::string value(8192, 'v');
  const auto found = decode_get_parameter(R"({"Parameter":{"Name":"x","Type":"String","Value":")" +
                                          value + "\"}}");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.view(), value);
}

TEST(DecodeGetParameter, KnowsLists) {
  const auto found =
      decode_get_parameter(R"({"Parameter":{"Name":"x","Type":"StringList","Value":"a,,b"}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value.kind, core::value_kind::text_list);
  EXPECT_EQ(found->value.view(), "a,,b");
}

TEST(DecodeGetParameter, SaysWhatIsMissing) {
  const std::string deep = std::string(33, '[') + "secret-text" + std::string(33, ']');
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "it is not JSON"},
      {deep, "it is nested deeper than 32 levels"},
      {"[]", "no JSON object"},
      {"{}", "no object Parameter"},
      {R"({"Parameter":null})", "no object Parameter"},
      {R"({"Parameter":"secret-text"})", "no object Parameter"},
      {R"({"Parameter":{}})", "without a Name"},
      {R"({"Parameter":{"Name":1,"Type":"String","Value":"secret-text"}})", "without a Name"},
      {R"({"Parameter":{"Name":"x","Value":"secret-text"}})", "without a Type"},
      {R"({"Parameter":{"Name":"x","Type":"String"}})", "without a Value"},
      {R"({"Parameter":{"Name":"x","Type":"String","Value":["secret-text"]}})", "without a Value"},
      {R"({"Parameter":{"Name":"x","Type":"String","Value":"secret-text","ARN":1}})", "ARN"},
      {R"({"Parameter":{"Name":"x","Type":"String","Value":"v","Selector":{}}})", "Selector"},
      {R"({"Parameter":{"Name":"x","Type":"String","Value":"v","Version":1.5}})", "Version"},
      {R"({"Parameter":{"Name":"x","Type":"String","Value":"v","Version":"1"}})", "Version"},
  };
  for (const auto& [body, reason] : cases) {
    const auto found = decode_get_parameter(body);
    ASSERT_FALSE(found) << body;
    EXPECT_EQ(found.error().kind, error_kind::protocol);
    EXPECT_TRUE(found.error().retryable);
    EXPECT_EQ(found.error().service, "ssm");
    EXPECT_EQ(found.error().operation, "GetParameter");
    EXPECT_NE(found.error().message.find(reason), std::string::npos) << found.error().message;
    EXPECT_EQ(found.error().message.find("secret-text"), std::string::npos);
  }
}

TEST(DecodeGetParameters, ReadsFoundAndInvalid) {
  const auto answer = decode_get_parameters(
      R"({"InvalidParameters":["/no","/x:9"],
          "Parameters":[{"Name":"/b","Type":"String","Value":"2"},
                        {"Name":"/a","Type":"String","Value":"1"}]})");
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->found.size(), 2U);
  EXPECT_EQ(answer->found[0].name, "/b");
  EXPECT_EQ(answer->found[1].value.view(), "1");
  EXPECT_EQ(answer->invalid, (std::vector<std::string>{"/no", "/x:9"}));
}

TEST(DecodeGetParameters, TakesOneOfTheTwoLists) {
  EXPECT_EQ(decode_get_parameters(R"({"InvalidParameters":["a"],"Parameters":null})")->invalid,
            std::vector<std::string>{"a"});
  EXPECT_TRUE(decode_get_parameters(R"({"Parameters":[]})")->found.empty());
}

TEST(DecodeGetParameters, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view body :
       {"", "{}", "[]", "null", R"({"Parameters":{}})", R"({"Parameters":[1]})",
        R"({"Parameters":[null]})", R"({"Parameters":[{"Name":"x"}]})",
        R"({"Parameters":[],"InvalidParameters":"x"})", R"({"InvalidParameters":[1]})"}) {
    const auto answer = decode_get_parameters(body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().kind, error_kind::protocol);
    EXPECT_EQ(answer.error().operation, "GetParameters");
  }
}

TEST(DecodeGetParameters, LeavesNoSecretMemoryBehind) {
  const std::size_t before = core::secret_bytes_in_use();
  EXPECT_TRUE(
      decode_get_parameters(R"({"Parameters":[{"Name":"b","Type":"String","Value":"2"}]})"));
  EXPECT_FALSE(decode_get_parameters(
      R"({"Parameters":[{"Name":"b","Type":"String","Value":"2"},{"Name":"x"}]})"));
  EXPECT_FALSE(decode_get_parameters("{\"Parameters\":["));
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::aws
