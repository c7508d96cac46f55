#include "agent/query.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::agent {
namespace {

using members = std::vector<std::pair<std::string, std::string>>;

TEST(query_test, a_target_is_path_and_query) {
  const target both = split_target("/a/b?c=d?e#f?g");
  EXPECT_EQ(both.path, "/a/b");
  EXPECT_EQ(both.query, "c=d?e");
  EXPECT_FALSE(both.authority);
  EXPECT_EQ(split_target("/a").path, "/a");
  EXPECT_EQ(split_target("/a").query, "");
  EXPECT_EQ(split_target("").path, "");
  EXPECT_EQ(split_target("?x").path, "");
  EXPECT_EQ(split_target("//a").path, "//a");
}

TEST(query_test, the_absolute_form_names_a_host) {
  const target all = split_target("HTTP://localhost:2773/a?b");
  EXPECT_EQ(all.authority, "localhost:2773");
  EXPECT_EQ(all.path, "/a");
  EXPECT_EQ(all.query, "b");
  EXPECT_EQ(split_target("http://evil.example").authority, "evil.example");
  EXPECT_EQ(split_target("http://evil.example").path, "/");
  EXPECT_EQ(split_target("http://h?q").path, "/");
  EXPECT_EQ(split_target("http://h?q").query, "q");
  EXPECT_EQ(split_target("http:///ping").authority, "");
  EXPECT_FALSE(split_target("https://localhost/a").authority);
}

TEST(query_test, members_are_form_decoded_in_their_order) {
  EXPECT_EQ(parse_query("name=%2Fa%2fb&withDecryption=true&name=/c:d").value(),
            (members{{"name", "/a/b"}, {"withDecryption", "true"}, {"name", "/c:d"}}));
  EXPECT_EQ(parse_query("a=b+c%2B&d").value(), (members{{"a", "b c+"}, {"d", ""}}));
  EXPECT_EQ(parse_query("a=b=c&&=d").value(), (members{{"a", "b=c"}, {"", "d"}}));
  EXPECT_EQ(parse_query("").value(), members{});
  EXPECT_EQ(parse_query("a=%C3%A4%00").value(), (members{{"a", std::string("\xc3\xa4\0", 3)}}));
}

TEST(query_test, half_an_escape_is_refused) {
  for (const char* wrong : {"a=%", "a=%4", "a=%4g", "%zz=b", "a=%-1", "a=%+1", "a=% 1"})
    EXPECT_FALSE(parse_query(wrong)) << wrong;
}

TEST(query_test, so_many_members_and_no_more) {
  std::string some = "a=1";
  for (int i = 1; i < 256; ++i)
    some += "&a=1";
  EXPECT_EQ(parse_query(some).value().size(), 256U);
  EXPECT_FALSE(parse_query(some + "&a=1"));
}

}  // namespace
}  // namespace lambda_cache::agent
