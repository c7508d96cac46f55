// What is wrong is refused where it is written.
#include <lambda_cache/ssm.hpp>

#include "support/fake_ssm.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <stdlib.h>
#include <thread>

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

TEST(declaration_test, path) {
  EXPECT_TRUE(says(refusal([] { (void)ssm::path("app"); }), "begin with '/'"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::path("/app", {.max_age = -1s}); }), "max_age"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::path("/app", {.filters = {{"Tier", {"x"}}}}); }), "'Label'"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::path("/app", {.transform = transform::binary, .field = "x"}); }),
           "field"));
  EXPECT_TRUE(
      says(refusal([] { (void)ssm::cache({.parameter = "/a", .path = "/b"}); }), "exactly one"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.path = "/"}); }), ".entry_name"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.path = "/a", .version = 3}); }), "Label"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.path = "/a", .default_value = "x"}); }),
                   ".default_value"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::cache({.parameter = "/a", .recursive = false}); }),
                   ".recursive"));
  EXPECT_EQ(ssm::path("/x/app/").short_name(), "app");
  const binding one = ssm::cache({.path = "/x/app/"});
  ASSERT_EQ(one.items.size(), 1U);
  EXPECT_EQ(one.items[0].name, "app");
  EXPECT_EQ(one.entry_name, "");
  EXPECT_EQ(ssm::cache({.path = "/x/app/", .entry_name = "config"}).items[0].name, "config");
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

TEST(declaration_test, by_name) {
  fake_ssm service;
  service.put("/app/var", "x");
  service.put("/app/other", "y");
  for (const auto& [name, value] : {std::pair{"AWS_REGION", std::string("eu-west-1")},
                                    {"AWS_ACCESS_KEY_ID", std::string("AKID")},
                                    {"AWS_SECRET_ACCESS_KEY", std::string("not a real one")},
                                    {"AWS_ENDPOINT_URL_SSM", service.url()}})
    ::setenv(name, value.c_str(), 1);
  client::shared().reset();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(ssm::get("/app/var").text(), "x");
    EXPECT_EQ(ssm::get("/app/other").text(), "y");
  }
  EXPECT_EQ(service.call_count(), 2U);
  std::thread([] { EXPECT_EQ(ssm::get("/app/var").text(), "x"); }).join();
  EXPECT_EQ(service.call_count(), 2U);
  for (int i = 0; i < 1100; ++i) {
    const std::string name = "/many/n" + std::to_string(i);
    service.put(name, name);
    EXPECT_EQ(ssm::get(name).text(), name);
  }
  EXPECT_EQ(ssm::get("/app/var").text(), "x");
  EXPECT_TRUE(says(refusal([] { (void)ssm::get("no name"); }), "no name"));
  client::shared().clear();
}

TEST(declaration_test, declaring_makes_no_call_and_needs_no_environment) {
  const client fresh;
  (void)ssm::cache({.parameter = "/a", .max_age = forever}, fresh);
  EXPECT_EQ(fresh.stats().calls, 0U);
}

}  // namespace
}  // namespace lambda_cache::test
