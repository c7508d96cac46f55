#include "wiring/config.hpp"

#include <gtest/gtest.h>

#include <map>

namespace lambda_cache::wiring {
namespace {

using variables = std::map<std::string, std::string>;

core::result<config> resolve(const variables& set, const client_config& code = {}) {
  return resolve_config(code, [&set](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(std::string(name));
    if (found == set.end()) return std::nullopt;
    return found->second;
  });
}

TEST(config_test, defaults) {
  const auto got = resolve({});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->region, "");
  EXPECT_EQ(got->max_age, 60 * core::second);
  EXPECT_EQ(got->stale_if_error, 300 * core::second);
  EXPECT_EQ(got->timeout, 10 * core::second);
  EXPECT_EQ(got->max_attempts, 3);
  EXPECT_EQ(got->endpoint.url, "");
}

TEST(config_test, region_comes_from_code_then_aws_region_then_default_region) {
  const variables both{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "us-east-1"}};
  EXPECT_EQ(resolve(both)->region, "eu-west-1");
  EXPECT_EQ(resolve({{"AWS_DEFAULT_REGION", "us-east-1"}})->region, "us-east-1");
  EXPECT_EQ(resolve({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-east-1"}})->region,
            "us-east-1");
  client_config code;
  code.region = "ap-south-1";
  EXPECT_EQ(resolve(both, code)->region, "ap-south-1");
}

TEST(config_test, endpoint_of_the_service_beats_the_general_one_and_code_beats_both) {
  variables set{{"AWS_ENDPOINT_URL", "http://general"}};
  EXPECT_EQ(resolve(set)->endpoint.url, "http://general");
  set["AWS_ENDPOINT_URL_SSM"] = "http://ssm";
  EXPECT_EQ(resolve(set)->endpoint.url, "http://ssm");
  client_config code;
  code.endpoint_url = "http://code";
  EXPECT_EQ(resolve(set, code)->endpoint.url, "http://code");
  set["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(resolve(set)->endpoint.url, "");
  EXPECT_EQ(resolve(set, code)->endpoint.url, "http://code");
}

TEST(config_test, fips_and_dual_stack) {
  const auto got =
      resolve({{"AWS_USE_FIPS_ENDPOINT", "true"}, {"AWS_USE_DUALSTACK_ENDPOINT", "True"}});
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->endpoint.fips);
  EXPECT_TRUE(got->endpoint.dual_stack);
  EXPECT_FALSE(resolve({{"AWS_USE_FIPS_ENDPOINT", "false"}})->endpoint.fips);
}

TEST(config_test, our_variables_and_attempts) {
  const auto got = resolve({{"LAMBDA_CACHE_TTL_SECONDS", "2.5"}, {"AWS_MAX_ATTEMPTS", "7"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->max_age, 2'500'000'000);
  EXPECT_EQ(got->max_attempts, 7);
  EXPECT_EQ(resolve({{"LAMBDA_CACHE_TTL_SECONDS", "inf"}})->max_age, core::infinite);
  EXPECT_EQ(resolve({{"LAMBDA_CACHE_TTL_SECONDS", "1e30"}})->max_age, core::infinite);
  EXPECT_EQ(resolve({{"LAMBDA_CACHE_TTL_SECONDS", "0"}})->max_age, 0);
}

TEST(config_test, bad_values_name_the_variable_the_text_and_the_rule) {
  const std::pair<const char*, const char*> bad[] = {{"LAMBDA_CACHE_TTL_SECONDS", "soon"},
                                                     {"LAMBDA_CACHE_TTL_SECONDS", "-1"},
                                                     {"LAMBDA_CACHE_TTL_SECONDS", "nan"},
                                                     {"LAMBDA_CACHE_TTL_SECONDS", "60s"},
                                                     {"AWS_MAX_ATTEMPTS", "0"},
                                                     {"AWS_MAX_ATTEMPTS", "three"},
                                                     {"AWS_USE_FIPS_ENDPOINT", "maybe"},
                                                     {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "x"}};
  for (const auto& [name, value] : bad) {
    const auto got = resolve({{name, value}});
    ASSERT_FALSE(got) << name << '=' << value;
    EXPECT_EQ(got.error().kind, error_kind::invalid_argument);
    EXPECT_NE(got.error().message.find(name), std::string::npos) << got.error().message;
    EXPECT_NE(got.error().message.find(value), std::string::npos) << got.error().message;
  }
  const auto region = resolve({{"AWS_REGION", "Europe (Ireland)"}});
  ASSERT_FALSE(region);
  EXPECT_NE(region.error().message.find("AWS_REGION"), std::string::npos);
}

TEST(config_test, code_is_checked_too) {
  client_config negative;
  negative.max_age = std::chrono::nanoseconds(-1);
  EXPECT_FALSE(resolve({}, negative));
  client_config none;
  none.max_attempts = 0;
  EXPECT_FALSE(resolve({}, none));
  client_config hasty;
  hasty.timeout = std::chrono::nanoseconds(0);
  EXPECT_FALSE(resolve({}, hasty));
}

}  // namespace
}  // namespace lambda_cache::wiring
