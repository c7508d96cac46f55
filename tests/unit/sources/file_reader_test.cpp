#include "sources/file_reader.hpp"

#include "support/temporary_home.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::sources {
namespace {

TEST(file_reader, reads_up_to_its_limit) {
  const test::temporary_home home;
  const std::string path = home.write("f", std::string(100, 'x'));
  const auto whole = read_small_file(path, 100);
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->size(), 100U);

  const auto too_large = read_small_file(path, 99);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().kind, error_kind::credentials);
  EXPECT_EQ(too_large.error().message, path + " is larger than 99 bytes.");
}

TEST(file_reader, bounds_tokens) {
  const test::temporary_home home;
  const auto token = read_token_file(home.write("t", std::string(64 * 1024, 'x')), "The token");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64U * 1024U);
  EXPECT_FALSE(read_token_file(home.write("t", std::string(64 * 1024 + 1, 'x')), "The token"));
}

TEST(file_reader, a_token_is_one_line) {
  const test::temporary_home home;
  EXPECT_TRUE(read_token_file(home.write("t", "canary-hunter2\r\n"), "The token"));
  for (const char* wrong : {"", "\n", "canary-hunter2\nX: y\n"}) {
    const auto token = read_token_file(home.write("t", wrong), "The token");
    ASSERT_FALSE(token) << wrong;
    EXPECT_NE(token.error().message.find("holds no token"), std::string::npos);
    EXPECT_EQ(token.error().message.find("canary-hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace lambda_cache::sources
