#include "program/serve_command.hpp"

#include "agent/config_file.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::program {
namespace {

agent::serve_settings from_file() {
  agent::serve_settings out;
  EXPECT_TRUE(agent::apply_config(R"(
      log_level = "error"
      http_port = 0
      ttl_seconds = 30
      cache_size = 10
      max_conn = 5
      path_prefix = "/file/"
      [lambda_cache]
      mode = "extension"
      socket = "/run/file"
      socket_mode = "0640"
      token_file = "/run/file-token"
      prefetch = ["ssm:/file"]
      errors = "json"
      status_page = false
      metrics = false
      secret_ttl_seconds = 40
      stale_if_error_seconds = 50
      refresh_ahead_seconds = 6
      timeout_seconds = 7
      max_attempts = 8
      max_megabytes = 9
    )",
                                  "a.toml", out));
  return out;
}

TEST(serve_command_test, what_is_not_said_stays) {
  auto how = from_file();
  put_over({}, how);
  EXPECT_EQ(how.agent.mode, agent::compatibility::extension);
  EXPECT_FALSE(how.agent.tcp);
  EXPECT_EQ(how.agent.socket_path, "/run/file");
  EXPECT_EQ(how.agent.socket_mode, 0640U);
  EXPECT_EQ(how.token_file, "/run/file-token");
  EXPECT_EQ(how.agent.prefetch, std::vector<std::string>{"ssm:/file"});
  EXPECT_TRUE(how.agent.json_errors);
  EXPECT_FALSE(how.agent.status_page);
  EXPECT_FALSE(how.agent.metrics);
  EXPECT_EQ(how.agent.parameter_max_age, 30 * core::second);
  EXPECT_EQ(how.agent.secret_max_age, 40 * core::second);
  EXPECT_EQ(how.agent.stale_if_error, 50 * core::second);
  EXPECT_EQ(how.agent.refresh_ahead, 6 * core::second);
  EXPECT_EQ(how.agent.secret_timeout, 7 * core::second);
  EXPECT_EQ(how.max_attempts, 8);
  EXPECT_EQ(how.max_entries, 10U);
  EXPECT_EQ(how.max_bytes, std::size_t{9} << 20);
  EXPECT_EQ(how.agent.max_connections, 5U);
  EXPECT_EQ(how.agent.path_prefix, "/file/");
  EXPECT_EQ(how.agent.level, agent::log_level::error);
}

TEST(serve_command_test, what_is_said_counts) {
  auto how = from_file();
  cli::serve_request request;
  request.mode = "agent";
  request.port = 2774;
  request.socket = "/run/line";
  request.socket_mode = 0600U;
  request.token_file = "/run/line-token";
  request.prefetch = {"secret:line"};
  request.ttl_seconds = 0.5;
  request.stale_if_error_seconds = 0;
  request.refresh_ahead_seconds = 1;
  request.cache_size = 0;
  request.cache_megabytes = 2;
  request.max_connections = 3;
  request.path_prefix = "/line/";
  request.errors = "compatible";
  request.status_page = true;
  request.metrics = true;
  request.log_level = "debug";
  request.access.timeout_seconds = 4;
  request.access.max_attempts = 5;
  put_over(request, how);
  EXPECT_EQ(how.agent.mode, agent::compatibility::agent);
  EXPECT_TRUE(how.agent.tcp);
  EXPECT_EQ(how.agent.port, 2774);
  EXPECT_EQ(how.agent.socket_path, "/run/line");
  EXPECT_EQ(how.agent.socket_mode, 0600U);
  EXPECT_EQ(how.token_file, "/run/line-token");
  EXPECT_EQ(how.agent.prefetch, std::vector<std::string>{"secret:line"});
  for (const core::nanos age :
       {how.agent.parameter_max_age, how.agent.secret_max_age, how.agent.object_max_age})
    EXPECT_EQ(age, core::second / 2);
  EXPECT_EQ(how.agent.stale_if_error, 0);
  EXPECT_EQ(how.agent.refresh_ahead, core::second);
  EXPECT_EQ(how.max_entries, 0U);
  EXPECT_EQ(how.max_bytes, std::size_t{2} << 20);
  EXPECT_EQ(how.agent.max_connections, 3U);
  EXPECT_EQ(how.agent.path_prefix, "/line/");
  EXPECT_FALSE(how.agent.json_errors);
  EXPECT_TRUE(how.agent.status_page);
  EXPECT_TRUE(how.agent.metrics);
  EXPECT_EQ(how.agent.level, agent::log_level::debug);
  EXPECT_EQ(how.agent.parameter_timeout, 4 * core::second);
  EXPECT_EQ(how.agent.secret_timeout, 4 * core::second);
  EXPECT_EQ(how.max_attempts, 5);
}

TEST(serve_command_test, no_port_after_the_files_port) {
  agent::serve_settings how;
  cli::serve_request request;
  request.tcp = false;
  put_over(request, how);
  EXPECT_FALSE(how.agent.tcp);
}

}  // namespace
}  // namespace lambda_cache::program
