#include "aws/parameter_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

struct expected_name {
  std::string_view text;
  std::string_view base;
  std::string_view selector;
  bool pinned;
  std::string_view short_name;
  std::string_view region;
};

constexpr std::string_view arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/app/db/url";
constexpr std::string_view public_arn =
    "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023";

TEST(ParseParameterName, ReadsEveryForm) {
  const expected_name cases[] = {
      {"x", "x", "", false, "x", ""},
      {"/app/db/url", "/app/db/url", "", false, "url", ""},
      {"/app/db/url:3", "/app/db/url", "3", true, "url", ""},
      {"/app/db/url:prod", "/app/db/url", "prod", false, "url", ""},
      {"/app/db/url:v1.2_a-b", "/app/db/url", "v1.2_a-b", false, "url", ""},
      {"name:007", "name", "007", true, "name", ""},
      {arn, arn, "", false, "url", "eu-west-1"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x",
       "arn:aws:ssm:eu-west-1:123456789012:parameter/x", "", false, "x", "eu-west-1"},
      {"arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x:9",
       "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/x", "9", true, "x", "cn-north-1"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x:prod",
       "arn:aws:ssm:eu-west-1:123456789012:parameter/x", "prod", false, "x", "eu-west-1"},
      {public_arn, public_arn, "", false, "al2023", "us-east-1"},
      {"/aws/reference/secretsmanager/db/pass+word=1@x!",
       "/aws/reference/secretsmanager/db/pass+word=1@x!", "", false, "pass+word=1@x!", ""},
      {"/aws/reference/secretsmanager/db:0c9b1c1e-3f0a-4c1a-8f5d-1a2b3c4d5e6f",
       "/aws/reference/secretsmanager/db", "0c9b1c1e-3f0a-4c1a-8f5d-1a2b3c4d5e6f", false, "db", ""},
  };
  for (const expected_name& expected : cases) {
    const auto name = parse_parameter_name(expected.text);
    ASSERT_TRUE(name) << name.error().message;
    EXPECT_EQ(name->request_name, expected.text);
    EXPECT_EQ(name->base, expected.base);
    EXPECT_EQ(name->selector, expected.selector);
    EXPECT_EQ(name->pinned, expected.pinned);
    EXPECT_EQ(name->short_name, expected.short_name);
    EXPECT_EQ(name->region, expected.region);
  }
}

struct refused_name {
  std::string_view text;
  std::string_view rule;
};

TEST(ParseParameterName, NamesTheTextAndTheRule) {
  const refused_name cases[] = {
      {"", "is empty; give the name"},
      {"  ", "is blank; give the name"},
      {":3", "nothing before its ':'"},
      {"/a:", "has to follow"},
      {"/a:3:prod", "more than one ':'"},
      {"/a:pr od", "a space in its version or label"},
      {"/a:p/q", "'/' in its version or label"},
      {"/a b", "a space"},
      {" /a", "a space"},
      {"/a\n", "a control character"},
      {"/a?", "'?'"},
      {"/a*", "'*'"},
      {"/ä", "'ä'"},
      {"/a\xff", "'?'"},
      {"/a+b", "'+'"},
      {"/app/", "ends in '/'"},
      {"/", "ends in '/'"},
      {"/app/:3", "ends in '/'"},
      {"arn:aws:ssm", "not a complete ARN"},
      {"arn:aws:ssm:eu-west-1:123456789012", "not a complete ARN"},
      {"arn:azure:ssm:eu-west-1:123456789012:parameter/x", "no AWS partition"},
      {"arn::ssm:eu-west-1:123456789012:parameter/x", "no AWS partition"},
      {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "service 'secretsmanager'"},
      {"arn:aws:ssm::123456789012:parameter/x", "no region"},
      {"arn:aws:ssm:EU:123456789012:parameter/x", "no region"},
      {"arn:aws:ssm:eu-west-1:12345:parameter/x", "not 12 digits"},
      {"arn:aws:ssm:eu-west-1:12345678901x:parameter/x", "not 12 digits"},
      {"arn:aws:ssm:eu-west-1:123456789012:document/x", "does not begin with \"parameter/\""},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter", "does not begin with \"parameter/\""},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/", "ends in '/'"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x:1:2", "more than one ':'"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x:", "has to follow"},
  };
  for (const refused_name& refused : cases) {
    const auto name = parse_parameter_name(refused.text);
    ASSERT_FALSE(name) << refused.text;
    EXPECT_EQ(name.error().kind, error_kind::invalid_argument);
    EXPECT_FALSE(name.error().retryable);
    EXPECT_NE(name.error().message.find(refused.rule), std::string::npos) << name.error().message;
    EXPECT_TRUE(name.error().message.starts_with("Parameter name '")) << name.error().message;
  }
}

TEST(ParseParameterName, BoundsTheLength) {
  EXPECT_TRUE(parse_parameter_name(std::string(2048, 'a')));
  const auto longer = parse_parameter_name(std::string(2049, 'a'));
  ASSERT_FALSE(longer);
  EXPECT_LT(longer.error().message.size(), 300U);
}

}  // namespace
}  // namespace lambda_cache::aws
