#include "sources/file_names.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lambda_cache::sources {
namespace {

class file_names_test : public ::testing::Test {
 protected:
  core::result<void> claim(const std::string& file, const int& client, const std::string& content,
                           const std::string& uri) {
    return names_.claim(file, {&client, content, uri});
  }
  static void expect_named(const core::result<void>& refused,
                           const std::vector<std::string>& parts) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, error_kind::invalid_argument);
    for (const std::string& part : parts)
      EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
  }

  file_names names_;
  int one_ = 0;
  int two_ = 0;
};

TEST_F(file_names_test, one_file_is_of_one_object) {
  EXPECT_TRUE(claim("a", one_, "content 1", "s3://b/x/a"));
  EXPECT_TRUE(claim("a", one_, "content 1", "s3://b/x/a")) << "declared twice";
  EXPECT_TRUE(claim("b", one_, "content 2", "s3://b/y/a"));
  expect_named(claim("a", one_, "content 2", "s3://b/y/a"),
               {"'a'", "s3://b/x/a", "s3://b/y/a", "entry_name"});
  expect_named(claim("a", one_, "content 3", "s3://b/x/a"), {"another version"});
}

TEST_F(file_names_test, one_file_is_of_one_client) {
  EXPECT_TRUE(claim("a", one_, "content 1", "s3://b/x/a"));
  expect_named(claim("a", two_, "content 1", "s3://b/x/a"),
               {"s3://b/x/a in another client", "s3://b/x/a in this client", "entry_name"});
  expect_named(claim("a", two_, "content 2", "s3://b/y/a"),
               {"s3://b/x/a in another client", "s3://b/y/a in this client"});
}

TEST_F(file_names_test, a_client_gives_up_its_own) {
  EXPECT_TRUE(claim("a", one_, "content 1", "s3://b/x/a"));
  EXPECT_TRUE(claim("b", two_, "content 2", "s3://b/y/b"));
  names_.release(&two_);
  EXPECT_FALSE(claim("a", two_, "content 2", "s3://b/y/b"));
  EXPECT_TRUE(claim("b", one_, "content 1", "s3://b/x/a"));
  names_.release(&one_);
  EXPECT_TRUE(claim("a", two_, "content 2", "s3://b/y/b"));
  EXPECT_TRUE(claim("b", two_, "content 3", "s3://b/z/b"));
}

}  // namespace
}  // namespace lambda_cache::sources
