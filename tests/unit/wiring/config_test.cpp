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
  EXPECT_EQ(got->endpoints.of("ssm").url, "");
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
  EXPECT_EQ(resolve(set)->endpoints.of("ssm").url, "http://general");
  set["AWS_ENDPOINT_URL_SSM"] = "http://ssm";
  EXPECT_EQ(resolve(set)->endpoints.of("ssm").url, "http://ssm");
  client_config code;
  code.endpoint_url = "http://code";
  EXPECT_EQ(resolve(set, code)->endpoints.of("ssm").url, "http://code");
  set["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(resolve(set)->endpoints.of("ssm").url, "");
  EXPECT_EQ(resolve(set, code)->endpoints.of("ssm").url, "http://code");
}

TEST(config_test, fips_and_dual_stack) {
  const auto got =
      resolve({{"AWS_USE_FIPS_ENDPOINT", "true"}, {"AWS_USE_DUALSTACK_ENDPOINT", "True"}});
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->endpoints.of("ssm").fips);
  EXPECT_TRUE(got->endpoints.of("ssm").dual_stack);
  EXPECT_FALSE(resolve({{"AWS_USE_FIPS_ENDPOINT", "false"}})->endpoints.of("ssm").fips);
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

TEST(config_test, bad_values_are_shown_as_one_line) {
  for (const char* name : {"LAMBDA_CACHE_TTL_SECONDS", "LAMBDA_CACHE_S3_DIRECTORY",
                           "AWS_MAX_ATTEMPTS", "AWS_REGION", "AWS_PROFILE"}) {
    const auto got = resolve({{name, "a\n\x1b[31m" + std::string(5000, 'x')}});
    ASSERT_FALSE(got) << name;
    EXPECT_NE(got.error().message.find("'a [31mx"), std::string::npos) << got.error().message;
    EXPECT_LT(got.error().message.size(), 500U) << name;
  }
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

aws::shared_config files_with(std::string_view config) {
  return aws::shared_config::parse({"/config", "/credentials"}, config, {}).value();
}

TEST(config_test, code_beats_environment_beats_profile) {
  const auto files = files_with(
      "[default]\nregion = us-east-2\nmax_attempts = 7\nca_bundle = /profile.pem\n"
      "endpoint_url = http://127.0.0.1:1\n");
  const auto none = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  const auto from_profile = resolve_config({}, none, files);
  ASSERT_TRUE(from_profile) << from_profile.error().message;
  EXPECT_EQ(from_profile->region, "us-east-2");
  EXPECT_EQ(from_profile->max_attempts, 7);
  EXPECT_EQ(from_profile->ca_bundle, "/profile.pem");
  EXPECT_EQ(from_profile->endpoints.of("ssm").url, "http://127.0.0.1:1");
  EXPECT_EQ(from_profile->endpoints.of("sts").url, "http://127.0.0.1:1");

  const auto some = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_REGION") return "eu-west-1";
    if (name == "AWS_MAX_ATTEMPTS") return "5";
    if (name == "AWS_CA_BUNDLE") return "/env.pem";
    if (name == "AWS_ENDPOINT_URL_SSM") return "http://127.0.0.1:2";
    return std::nullopt;
  };
  const auto from_env = resolve_config({}, some, files);
  ASSERT_TRUE(from_env);
  EXPECT_EQ(from_env->region, "eu-west-1");
  EXPECT_EQ(from_env->max_attempts, 5);
  EXPECT_EQ(from_env->ca_bundle, "/env.pem");
  EXPECT_EQ(from_env->endpoints.of("ssm").url, "http://127.0.0.1:2");
  EXPECT_EQ(from_env->endpoints.of("sts").url, "http://127.0.0.1:1");

  client_config code;
  code.region = "ap-south-1";
  code.max_attempts = 2;
  code.endpoint_url = "http://127.0.0.1:3";
  const auto from_code = resolve_config(code, some, files);
  ASSERT_TRUE(from_code);
  EXPECT_EQ(from_code->region, "ap-south-1");
  EXPECT_EQ(from_code->max_attempts, 2);
  EXPECT_EQ(from_code->endpoints.of("ssm").url, "http://127.0.0.1:3");
}

TEST(config_test, names_the_profile_and_its_option) {
  const auto env = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_PROFILE") return "p";
    return std::nullopt;
  };
  const auto refused = resolve_config({}, env, files_with("[profile p]\nmax_attempts = many\n"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, error_kind::invalid_argument);
  EXPECT_NE(refused.error().message.find("max_attempts of the profile 'p'='many'"),
            std::string::npos)
      << refused.error().message;
  const auto missing = resolve_config({}, env, files_with("[default]\n"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("'p' that AWS_PROFILE names"), std::string::npos);
}

}  // namespace
}  // namespace lambda_cache::wiring
