// What is wrong is refused where it is written.
#include <lambda_cache/ssm.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;

std::string refusal(const std::function<void()>& declaration) {
  try {
    declaration();
  } catch (const error& why) {
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    return why.what();
  }
  ADD_FAILURE() << "was accepted";
  return {};
}

::testing::AssertionResult says(const std::string& message, std::string_view part) {
  if (message.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << message << "' does not say '" << part << "'";
}

TEST(declaration_test, parameter) {
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter(""); }), "empty"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a b"); }), "/a b"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a", {.max_age = -1s}); }), "max_age"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a", {.timeout = -1s}); }), "timeout"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::parameter("/a", {.stale_if_error = -1s}); }), "stale_if_error"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::parameter("/a", {.max_attempts = 0}); }), "max_attempts"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a", {.region = "Mars"}); }), "Mars"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::parameter("/a", {.endpoint_url = "gopher://x"}); }), "http://"));
  EXPECT_TRUE(says(refusal([] {
                     (void)ssm::parameter("arn:aws:ssm:eu-west-1:123456789012:parameter/a",
                                          {.region = "us-east-1"});
                   }),
                   "eu-west-1"));
}

TEST(declaration_test, cache) {
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({}); }), "exactly one"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.parameter = "/a", .parameters = {"/b"}}); }),
                   "exactly one"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.parameters = {"/a", "/b"}}); }), "entry_name"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::cache({.parameters = {"/x/a", "/y/a"}, .entry_name = "p"}); }),
           "'a'"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.mapping = {{"", "/a"}}}); }), "alias"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::cache({.mapping = {{"x", "/a"}, {"x", "/b"}}}); }), "'x'"));
}

TEST(declaration_test, names) {
  EXPECT_EQ(ssm::parameter("/prod/app/var:3").short_name(), "var");
  EXPECT_EQ(ssm::parameter("/prod/app/var:3").name(), "/prod/app/var:3");
  const binding one = ssm::cache({.parameter = "/prod/app/var"});
  ASSERT_EQ(one.items.size(), 1U);
  EXPECT_EQ(one.items[0].name, "var");
  EXPECT_EQ(one.entry_name, "");
  const binding several = ssm::cache({.parameters = {"/x/a", "/y/b"}, .entry_name = "p"});
  EXPECT_EQ(several.entry_name, "p");
  EXPECT_EQ(several.items[1].name, "b");
  const binding aliases = ssm::cache({.mapping = {{"x", "/q/a"}, {"y", "/r/a"}}});
  EXPECT_EQ(aliases.items[0].name, "x");
  EXPECT_EQ(aliases.items[1].name, "y");
  EXPECT_EQ(aliases.entry_name, "");
}

TEST(declaration_test, declaring_makes_no_call_and_needs_no_environment) {
  (void)ssm::cache({.parameter = "/a", .max_age = forever});
  EXPECT_EQ(client::shared().stats().calls, 0U);
}

}  // namespace
}  // namespace lambda_cache::test
