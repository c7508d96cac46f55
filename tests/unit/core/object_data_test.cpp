#include "core/object_data.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::core {
namespace {

TEST(file_mark, is_read_as_it_was_written) {
  const auto read =
      parse_mark(to_text({.owner = "0af3", .etag = "W/\"a b\"", .size = 5, .mtime = -7}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->owner, "0af3");
  EXPECT_EQ(read->etag, "W/\"a b\"");
  EXPECT_EQ(read->size, 5U);
  EXPECT_EQ(read->mtime, -7);
}

TEST(file_mark, is_refused_where_it_is_none) {
  for (const std::string& wrong :
       {std::string(), std::string("1 "), std::string("2 5 6 ab x"), std::string("1 x 6 ab x"),
        std::string("1 5 6x ab x"), std::string("1 18446744073709551616 6 ab x"),
        std::string("1 -5 6 ab x"), "1 5 6 ab " + std::string(longest_mark, 'x')})
    EXPECT_FALSE(parse_mark(wrong)) << wrong;
  EXPECT_TRUE(parse_mark("1 5 6 ab x"));
}

// It is sent back in If-None-Match.
TEST(file_mark, has_an_etag_that_can_be_a_header) {
  EXPECT_FALSE(parse_mark("1 5 6 ab \"x\"\r\nX-Injected: y"));
  EXPECT_FALSE(parse_mark(std::string_view("1 5 6 ab \0", 10)));
  EXPECT_TRUE(parse_mark("1 5 6 ab \"\xc3\xbc\""));
}

}  // namespace
}  // namespace lambda_cache::core
