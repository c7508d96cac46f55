#include "agent/log.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace lambda_cache::agent {
namespace {

class log_test : public ::testing::Test {
 protected:
  void TearDown() override { set_log_level(log_level::info); }
  static std::string logged(log_level level, std::string_view text,
                            std::initializer_list<log_field> fields = {}) {
    ::testing::internal::CaptureStderr();
    log(level, text, fields);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(log_test, a_record_is_a_line_with_time_level_text_and_fields) {
  const std::string line = logged(log_level::warn, "a text", {{"name", "/a"}, {"code", ""}});
  EXPECT_TRUE(std::regex_match(
      line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN a text name="/a"\n)")))
      << line;
}

TEST_F(log_test, nothing_in_it_ends_the_line_or_the_quotes) {
  const std::string line = logged(log_level::error, "two\nlines\x1b[0m", {{"name", "a\"b\\c\nd"}});
  EXPECT_NE(line.find(R"(two\nlines\x1b[0m name="a\"b\\c\nd")"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(log_test, records_below_the_level_are_dropped) {
  EXPECT_EQ(logged(log_level::debug, "a text"), "");
  set_log_level(log_level::debug);
  EXPECT_NE(logged(log_level::debug, "a text"), "");
  set_log_level(log_level::none);
  EXPECT_EQ(logged(log_level::error, "a text"), "");
  EXPECT_EQ(logged(log_level::none, "a text"), "");
}

}  // namespace
}  // namespace lambda_cache::agent
