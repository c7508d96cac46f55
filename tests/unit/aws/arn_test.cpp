#include "aws/arn.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lambda_cache::aws {
namespace {

TEST(SplitArn, TakesWhatStandsBetweenTheColons) {
  const auto found = split_arn("arn:aws:ssm:eu-west-1:123456789012:parameter/a:3");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->partition, "aws");
  EXPECT_EQ(found->service, "ssm");
  EXPECT_EQ(found->region, "eu-west-1");
  EXPECT_EQ(found->account, "123456789012");
  EXPECT_EQ(found->resource, "parameter/a:3");
  EXPECT_TRUE(split_arn(":::::"));
}

TEST(SplitArn, NeedsFiveColons) {
  for (const char* text : {"", "arn", "arn:aws:ssm:eu-west-1:123456789012", "::::"})
    EXPECT_FALSE(split_arn(text)) << text;
}

TEST(ArnDefect, SaysWhichFieldIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", ""},
      {"arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:x", ""},
      {"arn:aws:secretsmanager:eu-west-1::secret:x", ""},
      {"arn::secretsmanager:eu-west-1:123456789012:secret:x", "partition"},
      {"arn:azure:secretsmanager:eu-west-1:123456789012:secret:x", "partition"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x", "'ssm'"},
      {"arn:aws:secretsmanager::123456789012:secret:x", "region"},
      {"arn:aws:secretsmanager:EU WEST:123456789012:secret:x", "region"},
      {"arn:aws:secretsmanager:eu-west-1:12345:secret:x", "12 digits"},
      {"arn:aws:secretsmanager:eu-west-1:12345678901x:secret:x", "12 digits"},
  };
  for (const auto& [text, said] : cases) {
    const std::string defect = arn_defect(*split_arn(text), "secretsmanager");
    if (*said == '\0')
      EXPECT_EQ(defect, "") << text;
    else
      EXPECT_NE(defect.find(said), std::string::npos) << text << ": " << defect;
  }
}

TEST(IllegalCharacter, IsTheFirstOne) {
  EXPECT_FALSE(illegal_character("aZ0_.-", ""));
  EXPECT_FALSE(illegal_character("", ""));
  EXPECT_FALSE(illegal_character("a/b!", "/!"));
  EXPECT_EQ(illegal_character("a/b", ""), "'/'");
  EXPECT_EQ(illegal_character("a b", "/"), "a space");
  EXPECT_EQ(illegal_character("a\nb", "/"), "a control character");
  EXPECT_EQ(illegal_character("a\x7f", "/"), "a control character");
  EXPECT_EQ(illegal_character("\xc3\xa9t\xc3\xa9", "/"), "'\xc3\xa9'");
  EXPECT_EQ(illegal_character("a\xff", "/"), "'?'");
}

}  // namespace
}  // namespace lambda_cache::aws
