// Which agent the configuration names.
#include "wiring/agent_route.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace lambda_cache::wiring {
namespace {

using variables = std::map<std::string, std::string>;

core::result<sources::agent_ptr> resolve(const variables& set, const client_config& code = {}) {
  return resolve_agent(code, [&set](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(std::string(name));
    if (found == set.end()) return std::nullopt;
    return found->second;
  });
}

TEST(agent_route_test, none_by_default) {
  EXPECT_EQ(resolve({}).value(), nullptr);
  EXPECT_EQ(resolve({{"LAMBDA_CACHE_AGENT", ""}}).value(), nullptr);
}

TEST(agent_route_test, addresses_of_this_machine) {
  for (const auto& [given, url] : std::initializer_list<std::pair<const char*, const char*>>{
           {"http://127.0.0.1:2773", "http://127.0.0.1:2773"},
           {"http://localhost:2773/", "http://localhost:2773"},
           {"HTTP://[::1]:2773", "http://[::1]:2773"},
           {"http://127.0.0.2", "http://127.0.0.2:80"}}) {
    const auto got = resolve({{"LAMBDA_CACHE_AGENT", given}});
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ((*got)->url, url);
    EXPECT_EQ((*got)->setting, "LAMBDA_CACHE_AGENT");
    EXPECT_FALSE((*got)->at.tls);
  }
}

TEST(agent_route_test, everything_else_is_refused) {
  for (const auto& [given, because] : std::initializer_list<std::pair<const char*, const char*>>{
           {"127.0.0.1:2773", "must begin with http://"},
           {"https://127.0.0.1:2773", "do not speak TLS"},
           {"http://10.0.0.1:2773", "is not of this machine"},
           {"http://localhost.example:2773", "is not of this machine"},
           {"http://0.0.0.0:2773", "is not of this machine"},
           {"http://user:secret@127.0.0.1:2773", "user name"},
           {"http://127.0.0.1:2773/v1", "has a path or a query"},
           {"http://127.0.0.1:2773/?a=b", "has a path or a query"},
           {"http://127.0.0.1:99999", "port"},
           {"unix:/run/agent.sock", "names a socket"}}) {
    const auto got = resolve({{"LAMBDA_CACHE_AGENT", given}});
    ASSERT_FALSE(got) << given;
    const std::string& message = got.error().message;
    EXPECT_EQ(got.error().kind, error_kind::invalid_argument);
    EXPECT_EQ(message.find("LAMBDA_CACHE_AGENT "), 0U) << message;
    EXPECT_NE(message.find(because), std::string::npos) << message;
    EXPECT_NE(message.find("http://127.0.0.1:2773"), std::string::npos) << message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
  client_config code;
  code.agent_url = "https://127.0.0.1";
  EXPECT_EQ(resolve({}, code).error().message.find("agent_url "), 0U);
}

TEST(agent_route_test, a_token_that_cannot_be_sent_is_not_shown) {
  const auto got =
      resolve({{"LAMBDA_CACHE_AGENT", "http://127.0.0.1:2773"}, {"AWS_SESSION_TOKEN", "sec\nret"}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message.find("AWS_SESSION_TOKEN "), 0U);
  EXPECT_EQ(got.error().message.find("ret\""), std::string::npos);
  EXPECT_EQ(got.error().message.find("sec\n"), std::string::npos);
}

TEST(agent_route_test, an_empty_variable_holds_no_token) {
  const auto got = resolve({{"LAMBDA_CACHE_AGENT", "http://127.0.0.1:2773"},
                            {"AWS_TOKEN", ""},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "file:///x"}});
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->token_variable, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  EXPECT_EQ((*got)->token_file, "/x");
  EXPECT_TRUE((*got)->token.empty());
}

TEST(agent_route_test, objects_and_choices_of_place_go_directly) {
  EXPECT_TRUE(goes_by_agent(*parameter_spec("/a", {})));
  EXPECT_TRUE(goes_by_agent(*parameter_spec("/a:3", {.decrypt = false})));
  EXPECT_TRUE(goes_by_agent(*parameter_spec("arn:aws:ssm:us-east-1:123456789012:parameter/a", {})));
  EXPECT_TRUE(goes_by_agent(*path_spec("/a", {})));
  EXPECT_TRUE(goes_by_agent(*secret_spec("a", {.version_stage = "AWSPREVIOUS"})));
  EXPECT_FALSE(goes_by_agent(*object_spec("s3://bucket/a", {.as_bytes = true})));
  EXPECT_FALSE(goes_by_agent(*parameter_spec("/a", {.region = "eu-west-1"})));
  EXPECT_FALSE(goes_by_agent(*parameter_spec("/a", {.endpoint_url = "http://127.0.0.1:1"})));
  EXPECT_FALSE(goes_by_agent(
      *parameter_spec("/a", {.role = {.role_arn = "arn:aws:iam::123456789012:role/r"}})));
  EXPECT_FALSE(goes_by_agent(*secret_spec("a", {.rotation_aware = true})));
  EXPECT_FALSE(goes_by_agent(*path_spec("/a", {.filters = {{"Type", {"String"}}}})));
}

}  // namespace
}  // namespace lambda_cache::wiring
