#include "sources/file_names.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::sources {
namespace {

TEST(FileNames, OneFileIsOfOneObject) {
  file_names names;
  EXPECT_TRUE(names.claim("/tmp/a", "owner 1", "s3://b/x/a"));
  EXPECT_TRUE(names.claim("/tmp/a", "owner 1", "s3://b/x/a")) << "declared twice";
  EXPECT_TRUE(names.claim("/tmp/b", "owner 2", "s3://b/y/a"));
  const auto refused = names.claim("/tmp/a", "owner 2", "s3://b/y/a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, error_kind::invalid_argument);
  for (const char* part : {"/tmp/a", "s3://b/x/a", "s3://b/y/a", "entry_name"})
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
  const auto version = names.claim("/tmp/a", "owner 3", "s3://b/x/a");
  ASSERT_FALSE(version);
  EXPECT_NE(version.error().message.find("another version"), std::string::npos);
  names.clear();
  EXPECT_TRUE(names.claim("/tmp/a", "owner 2", "s3://b/y/a"));
}

}  // namespace
}  // namespace lambda_cache::sources
