// What is wrong is refused where it is written.
#include <lambda_cache/secrets_manager.hpp>
#include <lambda_cache/ssm.hpp>

#include "support/fake_secrets.hpp"
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
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a", {.timeout = 0s}); }), "timeout"));
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

TEST(declaration_test, options_of_parameters) {
  const std::pair<ssm::options, const char*> cases[] = {
      {{.timeout = 0s}, "timeout"},
      {{.max_attempts = 101}, "max_attempts"},
      {{.version = 0}, "version=0"},
      {{.version = -3}, "version=-3"},
      {{.version = 3, .label = "live"}, "give one"},
      {{.label = ""}, "label="},
      {{.label = "12"}, "label='12'"},
      {{.label = "a:b"}, "label='a:b'"},
      {{.transform = transform::binary, .field = "a"}, "field"},
      {{.field = ".a"}, "field='.a'"},
      {{.field = "a."}, "field='a.'"},
      {{.field = "a..b"}, "field='a..b'"},
  };
  for (const auto& [how, said] : cases) {
    EXPECT_TRUE(says(refusal([&how] { (void)ssm::parameter("/a", how); }), said));
  }
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a:2", {.version = 3}); }), "':2'"));
  EXPECT_TRUE(says(refusal([] { (void)ssm::parameter("/a:2", {.label = "x"}); }), "label"));
  (void)ssm::parameter("/a", {.max_attempts = 100, .version = 1});
  (void)ssm::parameter("/a", {.transform = transform::automatic, .field = "a.0"});
}

TEST(declaration_test, secret) {
  EXPECT_TRUE(says(refusal([] { (void)secrets_manager::secret(""); }), "empty"));
  EXPECT_TRUE(says(refusal([] { (void)secrets_manager::secret("a b"); }), "a b"));
  EXPECT_TRUE(says(refusal([] { (void)secrets_manager::get("a b"); }), "a b"));
  const std::pair<secrets_manager::options, const char*> cases[] = {
      {{.max_age = -1s}, "max_age"},
      {{.stale_if_error = -1s}, "stale_if_error"},
      {{.timeout = 0s}, "timeout"},
      {{.max_attempts = 0}, "max_attempts"},
      {{.region = "Mars"}, "Mars"},
      {{.endpoint_url = "gopher://x"}, "http://"},
      {{.version_id = "3"}, "32 to 64"},
      {{.version_id = ""}, "version_id"},
      {{.version_stage = ""}, "version_stage"},
      {{.version_id = std::string(36, 'a'), .version_stage = "AWSPREVIOUS"}, "give one"},
      {{.transform = transform::binary, .field = "a"}, "field"},
      {{.field = "a..b"}, "field='a..b'"},
  };
  for (const auto& [how, said] : cases) {
    EXPECT_TRUE(says(refusal([&how] { (void)secrets_manager::secret("/a", how); }), said));
  }
  EXPECT_TRUE(says(refusal([] {
                     (void)secrets_manager::secret(
                         "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf",
                         {.region = "us-east-1"});
                   }),
                   "eu-west-1"));
}

TEST(declaration_test, secrets_cache) {
  const std::string arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
  using secrets_manager::cache;
  EXPECT_TRUE(says(refusal([] { (void)cache({}); }), "exactly one"));
  EXPECT_TRUE(says(refusal([] { (void)cache({.name = "/a", .names = {"/b"}}); }), "exactly one"));
  EXPECT_TRUE(says(refusal([] { (void)cache({.names = {"/a", "/b"}}); }), "entry_name"));
  EXPECT_TRUE(
      says(refusal([] { (void)cache({.names = {"/x/a", "/y/a"}, .entry_name = "s"}); }), "'a'"));
  EXPECT_TRUE(says(refusal([&] { (void)cache({.name = arn}); }), "entry_name"));
  EXPECT_TRUE(says(refusal([&] { (void)cache({.names = {arn}, .entry_name = "s"}); }), "mapping"));
  EXPECT_TRUE(says(refusal([] { (void)cache({.name = "/a/"}); }), "entry_name"));
  EXPECT_TRUE(says(refusal([] { (void)cache({.mapping = {{"", "/a"}}}); }), "alias"));
  EXPECT_EQ(cache({.name = arn, .entry_name = "db"}).items[0].name, "db");
  EXPECT_EQ(cache({.name = "/prod/db"}).items[0].name, "db");
  EXPECT_EQ(cache({.mapping = {{"x", arn}}}).items[0].name, "x");
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

TEST(declaration_test, secrets_by_name) {
  fake_secrets service;
  service.put("/db", "x");
  for (const auto& [name, value] : {std::pair{"AWS_REGION", std::string("eu-west-1")},
                                    {"AWS_ACCESS_KEY_ID", std::string("AKID")},
                                    {"AWS_SECRET_ACCESS_KEY", std::string("not a real one")},
                                    {"AWS_ENDPOINT_URL_SECRETS_MANAGER", service.url()}})
    ::setenv(name, value.c_str(), 1);
  client::shared().reset();
  for (int round = 0; round < 3; ++round)
    EXPECT_EQ(secrets_manager::get("/db").text(), "x");
  EXPECT_EQ(secrets_manager::secret("/db").get().text(), "x");
  EXPECT_EQ(service.call_count(), 1U);
  client::shared().clear();
}

TEST(declaration_test, declaring_makes_no_call_and_needs_no_environment) {
  const client fresh;
  (void)ssm::cache({.parameter = "/a", .max_age = forever}, fresh);
  EXPECT_EQ(fresh.stats().calls, 0U);
}

}  // namespace
}  // namespace lambda_cache::test
