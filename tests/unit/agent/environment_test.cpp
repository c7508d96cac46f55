#include "agent/environment.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::agent {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;

extension_settings read(variables all) {
  return extension_environment(
      [all = std::move(all)](std::string_view name) -> std::optional<std::string> {
        const auto at = all.find(name);
        return at == all.end() ? std::nullopt : std::optional(at->second);
      });
}

TEST(agent_environment_test, nothing_said_is_what_the_aws_extension_does) {
  const auto got = read({});
  EXPECT_EQ(got.agent.mode, compatibility::extension);
  EXPECT_EQ(got.agent.port, 2773);
  EXPECT_EQ(got.agent.level, log_level::info);
  EXPECT_EQ(got.agent.parameter_max_age, 300 * core::second);
  EXPECT_EQ(got.agent.secret_max_age, 300 * core::second);
  EXPECT_FALSE(got.agent.parameter_timeout);
  EXPECT_FALSE(got.agent.secret_timeout);
  EXPECT_EQ(got.max_entries, 1000U);
  EXPECT_FALSE(got.agent.status_page);
  EXPECT_FALSE(got.agent.json_errors);
  EXPECT_TRUE(got.agent.tokens.empty());
  EXPECT_TRUE(got.agent.prefetch.empty());
  EXPECT_EQ(got.agent.prefetch_timeout, 3 * core::second);
  EXPECT_TRUE(got.warnings.empty());
}

TEST(agent_environment_test, the_aws_extensions_variables_count) {
  const auto got = read({{"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "4000"},
                         {"PARAMETERS_SECRETS_EXTENSION_LOG_LEVEL", "WARN"},
                         {"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", "10"},
                         {"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", "TRUE"},
                         {"SSM_PARAMETER_STORE_TTL", "20"},
                         {"SECRETS_MANAGER_TTL", "0"},
                         {"SSM_PARAMETER_STORE_TIMEOUT_MILLIS", "1500"},
                         {"SECRETS_MANAGER_TIMEOUT_MILLIS", "0"}});
  EXPECT_EQ(got.agent.port, 4000);
  EXPECT_EQ(got.agent.level, log_level::warn);
  EXPECT_EQ(got.max_entries, 10U);
  EXPECT_EQ(got.agent.parameter_max_age, 20 * core::second);
  EXPECT_EQ(got.agent.secret_max_age, 0);
  EXPECT_EQ(got.agent.parameter_timeout, 1500 * core::millisecond);
  EXPECT_FALSE(got.agent.secret_timeout);
  EXPECT_TRUE(got.warnings.empty());
}

TEST(agent_environment_test, a_cache_that_is_off_keeps_nothing) {
  for (const variables& off : {variables{{"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", "false"}},
                               variables{{"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", "0"}}}) {
    const auto got = read(off);
    EXPECT_EQ(got.agent.parameter_max_age, 0);
    EXPECT_EQ(got.agent.secret_max_age, 0);
    EXPECT_EQ(got.agent.object_max_age, 0);
  }
}

TEST(agent_environment_test, a_ttl_above_that_of_aws_is_cut_and_told) {
  const auto at = read({{"SSM_PARAMETER_STORE_TTL", "300"}});
  EXPECT_TRUE(at.warnings.empty());
  const auto got = read({{"SSM_PARAMETER_STORE_TTL", "301"}, {"SECRETS_MANAGER_TTL", "3600"}});
  EXPECT_EQ(got.agent.parameter_max_age, 300 * core::second);
  EXPECT_EQ(got.agent.secret_max_age, 300 * core::second);
  ASSERT_EQ(got.warnings.size(), 2U);
  EXPECT_NE(got.warnings[1].find("SECRETS_MANAGER_TTL"), std::string::npos);
  EXPECT_NE(got.warnings[1].find("exceeds max limit"), std::string::npos);
  EXPECT_NE(got.warnings[1].find("to 5m0s"), std::string::npos);
  EXPECT_NE(got.warnings[1].find("LAMBDA_CACHE_AGENT_TTL_SECONDS"), std::string::npos);
}

TEST(agent_environment_test, our_own_variables_go_further) {
  const auto got = read({{"SECRETS_MANAGER_TTL", "20"},
                         {"LAMBDA_CACHE_AGENT_TTL_SECONDS", "3600"},
                         {"LAMBDA_CACHE_AGENT_STALE_IF_ERROR_SECONDS", "1.5"},
                         {"LAMBDA_CACHE_AGENT_MODE", "agent"},
                         {"LAMBDA_CACHE_AGENT_ERRORS", "json"},
                         {"LAMBDA_CACHE_AGENT_STATUS_PAGE", "true"},
                         {"LAMBDA_CACHE_AGENT_METRICS", "false"},
                         {"LAMBDA_CACHE_AGENT_PORT", "2774"},
                         {"LAMBDA_CACHE_AGENT_LOG_LEVEL", "debug"},
                         {"LAMBDA_CACHE_PREFETCH_TIMEOUT_SECONDS", "0.5"},
                         {"LAMBDA_CACHE_PREFETCH", "ssm:/app/a, secret:db,"}});
  EXPECT_TRUE(got.warnings.empty());
  EXPECT_EQ(got.agent.parameter_max_age, 3600 * core::second);
  EXPECT_EQ(got.agent.secret_max_age, 3600 * core::second);
  EXPECT_EQ(got.agent.object_max_age, 3600 * core::second);
  EXPECT_EQ(got.agent.stale_if_error, 1500 * core::millisecond);
  EXPECT_EQ(got.agent.mode, compatibility::agent);
  EXPECT_TRUE(got.agent.json_errors);
  EXPECT_TRUE(got.agent.status_page);
  EXPECT_FALSE(got.agent.metrics);
  EXPECT_EQ(got.agent.port, 2774);
  EXPECT_EQ(got.agent.level, log_level::debug);
  EXPECT_EQ(got.agent.prefetch_timeout, core::second / 2);
  EXPECT_EQ(got.agent.prefetch, (std::vector<std::string>{"ssm:/app/a", "secret:db"}));
}

TEST(agent_environment_test, what_is_wrong_is_told_and_does_not_count) {
  const std::map<std::string, std::vector<std::string>> wrong = {
      {"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", {"0", "65536", "http", "-1", "1.5"}},
      {"PARAMETERS_SECRETS_EXTENSION_LOG_LEVEL", {"loud"}},
      {"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", {"1001", "-1", "many"}},
      {"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", {"perhaps"}},
      {"SSM_PARAMETER_STORE_TTL", {"-1", "5m"}},
      {"SECRETS_MANAGER_TTL", {"-1", "5m"}},
      {"SSM_PARAMETER_STORE_TIMEOUT_MILLIS", {"-1", "1s"}},
      {"LAMBDA_CACHE_AGENT_TTL_SECONDS", {"-1", "nan", "1h"}},
      {"LAMBDA_CACHE_AGENT_MODE", {"proxy"}},
      {"LAMBDA_CACHE_AGENT_ERRORS", {"xml"}},
      {"LAMBDA_CACHE_AGENT_STATUS_PAGE", {"2"}},
      {"LAMBDA_CACHE_PREFETCH_TIMEOUT_SECONDS", {"-3"}},
  };
  const settings usual = read({}).agent;
  for (const auto& [name, texts] : wrong)
    for (const std::string& text : texts) {
      const auto got = read({{name, text}});
      ASSERT_EQ(got.warnings.size(), 1U) << name << '=' << text;
      EXPECT_NE(got.warnings[0].find(name), std::string::npos) << got.warnings[0];
      EXPECT_NE(got.warnings[0].find(text), std::string::npos) << got.warnings[0];
      EXPECT_NE(got.warnings[0].find("it should be "), std::string::npos) << got.warnings[0];
      EXPECT_EQ(got.max_entries, 1000U);
      EXPECT_EQ(got.agent.port, usual.port);
      EXPECT_EQ(got.agent.level, usual.level);
      EXPECT_EQ(got.agent.parameter_max_age, usual.parameter_max_age);
      EXPECT_EQ(got.agent.secret_max_age, usual.secret_max_age);
      EXPECT_EQ(got.agent.parameter_timeout, usual.parameter_timeout);
      EXPECT_EQ(got.agent.mode, usual.mode);
      EXPECT_EQ(got.agent.json_errors, usual.json_errors);
      EXPECT_EQ(got.agent.status_page, usual.status_page);
      EXPECT_EQ(got.agent.prefetch_timeout, usual.prefetch_timeout);
    }
}

TEST(agent_environment_test, every_token_that_is_set_counts) {
  using tokens = std::vector<std::string>;
  EXPECT_EQ(read({{"AWS_CONTAINER_AUTHORIZATION_TOKEN", "c"}}).agent.tokens, tokens{"c"});
  EXPECT_EQ(
      read({{"AWS_CONTAINER_AUTHORIZATION_TOKEN", "c"}, {"AWS_SESSION_TOKEN", "s"}}).agent.tokens,
      (tokens{"s", "c"}));
  EXPECT_EQ(read({{"AWS_TOKEN", "file:///t"}, {"AWS_SESSION_TOKEN", "s"}}).agent.tokens,
            (tokens{"file:///t", "s"}));
  EXPECT_EQ(read({{"AWS_TOKEN", ""}, {"AWS_SESSION_TOKEN", "s"}}).agent.tokens, tokens{"s"});
}

TEST(agent_environment_test, the_kind_of_environment_is_what_lambda_says) {
  constexpr const char* kind = "AWS_LAMBDA_INITIALIZATION_TYPE";
  EXPECT_FALSE(read({{kind, "on-demand"}}).is_snap_start);
  EXPECT_FALSE(read({{kind, "on-demand"}}).is_managed_instance);
  EXPECT_TRUE(read({{kind, "snap-start"}}).is_snap_start);
  EXPECT_TRUE(read({{kind, "lambda-managed-instances"}}).is_managed_instance);
}

}  // namespace
}  // namespace lambda_cache::agent
