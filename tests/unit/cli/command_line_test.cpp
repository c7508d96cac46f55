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

TEST(command_line_test, serve) {
  const auto got = std::get<serve_request>(parse({"serve",
                                                  "--config",
                                                  "a.toml",
                                                  "--mode",
                                                  "extension",
                                                  "--port",
                                                  "0",
                                                  "--socket",
                                                  "/run/a",
                                                  "--socket-mode",
                                                  "0660",
                                                  "--token-file",
                                                  "/run/token",
                                                  "--prefetch",
                                                  "ssm:/a",
                                                  "--prefetch",
                                                  "secret:b",
                                                  "--ttl",
                                                  "1.5",
                                                  "--stale-if-error",
                                                  "0",
                                                  "--refresh-ahead",
                                                  "3",
                                                  "--cache-size",
                                                  "0",
                                                  "--cache-megabytes",
                                                  "7",
                                                  "--max-connections",
                                                  "9",
                                                  "--path-prefix",
                                                  "/x/",
                                                  "--errors",
                                                  "json",
                                                  "--no-status-page",
                                                  "--no-metrics",
                                                  "--log-level",
                                                  "WARN",
                                                  "--region",
                                                  "eu-west-1",
                                                  "--profile",
                                                  "p",
                                                  "--endpoint-url",
                                                  "http://127.0.0.1:1",
                                                  "--timeout-seconds",
                                                  "2",
                                                  "--max-attempts",
                                                  "4"}));
  EXPECT_EQ(got.config_file, "a.toml");
  EXPECT_EQ(got.mode, "extension");
  EXPECT_EQ(got.port, 0);
  EXPECT_TRUE(got.tcp);
  EXPECT_EQ(got.socket, "/run/a");
  EXPECT_EQ(got.socket_mode, 0660U);
  EXPECT_EQ(got.token_file, "/run/token");
  EXPECT_EQ(got.prefetch, (std::vector<std::string>{"ssm:/a", "secret:b"}));
  EXPECT_EQ(got.ttl_seconds, 1.5);
  EXPECT_EQ(got.stale_if_error_seconds, 0);
  EXPECT_EQ(got.refresh_ahead_seconds, 3);
  EXPECT_EQ(got.cache_size, 0U);
  EXPECT_EQ(got.cache_megabytes, 7U);
  EXPECT_EQ(got.max_connections, 9U);
  EXPECT_EQ(got.path_prefix, "/x/");
  EXPECT_EQ(got.errors, "json");
  EXPECT_EQ(got.status_page, false);
  EXPECT_EQ(got.metrics, false);
  EXPECT_EQ(got.log_level, "warn");
  EXPECT_EQ(got.access.region, "eu-west-1");
  EXPECT_EQ(got.access.profile, "p");
  EXPECT_EQ(got.access.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(got.access.timeout_seconds, 2);
  EXPECT_EQ(got.access.max_attempts, 4);
}

TEST(command_line_test, what_serve_is_not_told_is_left_open) {
  const auto got = std::get<serve_request>(parse({"serve"}));
  EXPECT_EQ(got.config_file, std::nullopt);
  EXPECT_EQ(got.mode, std::nullopt);
  EXPECT_EQ(got.port, std::nullopt);
  EXPECT_TRUE(got.tcp);
  EXPECT_EQ(got.socket_mode, std::nullopt);
  EXPECT_EQ(got.ttl_seconds, std::nullopt);
  EXPECT_EQ(got.status_page, std::nullopt);
  EXPECT_EQ(got.metrics, std::nullopt);
  EXPECT_FALSE(std::get<serve_request>(parse({"serve", "--socket", "/a", "--no-tcp"})).tcp);
  EXPECT_EQ(std::get<serve_request>(parse({"serve", "--status-page"})).status_page, true);
}

TEST(command_line_test, wrong_use_of_serve) {
  const std::vector<std::vector<const char*>> all = {
      {"--port", "65536"},
      {"--port", "-1"},
      {"--port", "http"},
      {"--socket-mode", "0660"},
      {"--socket", "/a", "--socket-mode", "0888"},
      {"--socket", "/a", "--socket-mode", "1777"},
      {"--port", "1", "--socket", "/a", "--no-tcp"},
      {"--mode", "both"},
      {"--errors", "html"},
      {"--log-level", "loud"},
      {"--ttl", "-1"},
      {"--ttl", "inf"},
      {"--stale-if-error", "x"},
      {"--cache-size", "1000001"},
      {"--cache-megabytes", "0"},
      {"--max-connections", "0"},
      {"--path-prefix", "v1/"},
      {"--timeout-seconds", "0"},
      {"--role-arn", "arn:aws:iam::1:role/r"},
      {"ssm:/a"},
  };
  for (const auto& words : all) {
    std::vector<const char*> line = {"lambda-cache", "serve"};
    line.insert(line.end(), words.begin(), words.end());
    const auto got = parse_command_line(static_cast<int>(line.size()), line.data());
    ASSERT_TRUE(std::holds_alternative<int>(got)) << words.front() << ' ' << words.back();
    EXPECT_EQ(std::get<int>(got), 2) << words.front() << ' ' << words.back();
  }
}

TEST(command_line_test, extension_is_there_and_not_in_the_list) {
  EXPECT_TRUE(std::holds_alternative<extension_request>(parse({"extension"})));
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<int>(parse({"--help"})), 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(help.contains("serve"));
  EXPECT_FALSE(help.contains("extension"));
}

TEST(command_line_test, wrong_use) {
  EXPECT_EQ(std::get<int>(parse({})), 2);
  EXPECT_EQ(std::get<int>(parse({"get"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--every", "1"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--watch", "--every", "inf"})), 2);
  EXPECT_EQ(std::get<int>(parse({"get", "ssm:/a", "--external-id", "x"})), 2);
  EXPECT_EQ(std::get<int>(parse({"policy", "ssm:/a", "--account", "12"})), 2);
  EXPECT_EQ(std::get<int>(parse({"policy", "ssm:/a", "--kms-key", "alias/x", "--json"})), 2);
}

}  // namespace
}  // namespace lambda_cache::cli
