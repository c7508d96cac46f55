#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::cli {
namespace {

parsed_command parse(std::initializer_list<const char*> words) {
  std::vector<const char*> all = {"lambda-cache"};
  all.insert(all.end(), words);
  return parse_command_line(static_cast<int>(all.size()), all.data());
}

TEST(command_line_test, get) {
  const auto got = std::get<get_request>(
      parse({"get", "ssm:/a", "--json", "secret:b", "--watch", "--every", "0.5", "--region",
             "eu-west-1", "--field", "x.y", "--timeout-seconds", "2.5", "--max-attempts", "1"}));
  EXPECT_EQ(got.names, (std::vector<std::string>{"ssm:/a", "secret:b"}));
  EXPECT_TRUE(got.json);
  EXPECT_TRUE(got.watch);
  EXPECT_EQ(got.every_seconds, 0.5);
  EXPECT_EQ(got.field, "x.y");
  EXPECT_EQ(got.access.region, "eu-west-1");
  EXPECT_EQ(got.access.timeout_seconds, 2.5);
  EXPECT_EQ(got.access.max_attempts, 1);
  EXPECT_EQ(got.access.profile, std::nullopt);
}

TEST(command_line_test, defaults) {
  const auto got = std::get<get_request>(parse({"get", "ssm:/a"}));
  EXPECT_FALSE(got.watch);
  EXPECT_EQ(got.every_seconds, 60);
  EXPECT_EQ(got.access.timeout_seconds, std::nullopt);
}

TEST(command_line_test, doctor_and_policy) {
  const auto doctor = std::get<doctor_request>(
      parse({"doctor", "--function", "a/b.handler", "--python", "python3", "ssm:/a"}));
  EXPECT_EQ(doctor.of.function, "a/b.handler");
  EXPECT_EQ(doctor.of.python, "python3");
  EXPECT_EQ(doctor.of.names, std::vector<std::string>{"ssm:/a"});
  const auto policy = std::get<policy_request>(
      parse({"policy", "ssm:/a", "--account", "123456789012", "--kms-key",
             "arn:aws:kms:eu-west-1:1:key/k", "--kms-key", "arn:aws:kms:eu-west-1:1:key/l"}));
  EXPECT_EQ(policy.account, "123456789012");
  EXPECT_EQ(policy.kms_keys, (std::vector<std::string>{"arn:aws:kms:eu-west-1:1:key/k",
                                                       "arn:aws:kms:eu-west-1:1:key/l"}));
}

TEST(command_line_test, wrong_use) {
  EXPECT_EQ(std::get<int>(parse({})), 2);
  EXPECT_EQ(std::get<int>(parse({"serve"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--every", "1"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--watch", "--every", "inf"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--external-id", "x"})), 2);
  EXPECT_EQ(std::get<int>(parse({"policy", "ssm:/a", "--account", "12"})), 2);
  EXPECT_EQ(std::get<int>(parse({"policy", "ssm:/a", "--kms-key", "alias/x", "--json"})), 2);
}

}  // namespace
}  // namespace lambda_cache::cli
