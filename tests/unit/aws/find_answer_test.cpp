#include "aws/ssm_codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lambda_cache::aws {
namespace {

parameter make(std::string name, std::string selector, std::int64_t version, std::string arn = {}) {
  parameter out;
  out.name = std::move(name);
  out.selector = std::move(selector);
  out.arn = std::move(arn);
  out.value.version = version;
  return out;
}

TEST(FindAnswer, TellsSelectorsApart) {
  const std::vector<parameter> found = {make("/x", ":3", 3), make("/x", "", 5),
                                        make("/x", ":prod", 4), make("/y", "", 1)};
  EXPECT_EQ(find_answer(found, "/x"), &found[1]);
  EXPECT_EQ(find_answer(found, "/x:3"), &found[0]);
  EXPECT_EQ(find_answer(found, "/x:prod"), &found[2]);
  EXPECT_EQ(find_answer(found, "/y"), &found[3]);
  EXPECT_EQ(find_answer(found, "/x:test"), nullptr);
  EXPECT_EQ(find_answer(found, "/y:3"), nullptr);
  EXPECT_EQ(find_answer(found, "/z"), nullptr);
  EXPECT_EQ(find_answer(std::vector<parameter>{}, "/z"), nullptr);
}

TEST(FindAnswer, NeverGivesASelectedVersionForThePlainName) {
  const std::vector<parameter> found = {make("/x", ":3", 3)};
  EXPECT_EQ(find_answer(found, "/x"), nullptr);
}

TEST(FindAnswer, KnowsArns) {
  const std::string ours = "arn:aws:ssm:eu-west-1:111111111111:parameter/a/x";
  const std::string shared = "arn:aws:ssm:eu-west-1:222222222222:parameter/a/x";
  // A parameter of another account is named by its ARN.
  const std::vector<parameter> found = {make(shared, "", 1, shared), make("/a/x", "", 1, ours),
                                        make("/a/x", ":2", 2, ours)};
  EXPECT_EQ(find_answer(found, shared), &found[0]);
  EXPECT_EQ(find_answer(found, ours), &found[1]);
  EXPECT_EQ(find_answer(found, "/a/x"), &found[1]);
  EXPECT_EQ(find_answer(found, ours + ":2"), &found[2]);
  EXPECT_EQ(find_answer(found, shared + ":2"), nullptr);
}

TEST(FindAnswer, TakesAnArnWhereTheAnswerHasNone) {
  const std::vector<parameter> found = {make("x", "", 1)};
  EXPECT_EQ(find_answer(found, "arn:aws:ssm:eu-west-1:111111111111:parameter/x"), &found[0]);
}

TEST(FindAnswer, IgnoresTheSlashBeforeANameWithoutPath) {
  const std::vector<parameter> found = {make("x", "", 1), make("/y", "", 1)};
  EXPECT_EQ(find_answer(found, "/x"), &found[0]);
  EXPECT_EQ(find_answer(found, "y"), &found[1]);
}

TEST(FindAnswer, TellsVersionsApartThatAreNotEchoed) {
  const std::vector<parameter> found = {make("/x", "", 1), make("/x", "", 3)};
  EXPECT_EQ(find_answer(found, "/x:1"), &found[0]);
  EXPECT_EQ(find_answer(found, "/x:3"), &found[1]);
  EXPECT_EQ(find_answer(found, "/x"), &found[1]);
  EXPECT_EQ(find_answer(found, "/x:2"), nullptr);
}

TEST(FindAnswer, TakesALabelThatIsNotEchoedOnlyFromAWholeAnswer) {
  parameters answer;
  answer.found = {make("/x", "", 1)};
  EXPECT_EQ(find_answer(answer, "/x:prod"), &answer.found[0]);
  EXPECT_EQ(find_answer(answer.found, "/x:prod"), nullptr);
  EXPECT_EQ(find_answer(answer, "/x:2"), nullptr);

  answer.invalid = {"/x:prod"};
  EXPECT_EQ(find_answer(answer, "/x:prod"), nullptr);
  EXPECT_EQ(find_answer(answer, "/x"), &answer.found[0]);

  answer.invalid.clear();
  answer.found.push_back(make("/x", "", 2));
  EXPECT_EQ(find_answer(answer, "/x:prod"), nullptr);
}

}  // namespace
}  // namespace lambda_cache::aws
