#include "agent/prefetch.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::agent {
namespace {

TEST(prefetch_test, a_list_is_split_at_its_commas) {
  using names = std::vector<std::string>;
  EXPECT_EQ(split_names("ssm:/app/a,ssm-path:/app/,secret:db,s3://b/k"),
            (names{"ssm:/app/a", "ssm-path:/app/", "secret:db", "s3://b/k"}));
  EXPECT_EQ(split_names(" ssm:/a ,\tsecret:b\n"), (names{"ssm:/a", "secret:b"}));
  EXPECT_EQ(split_names(",,ssm:/a, ,"), names{"ssm:/a"});
  EXPECT_EQ(split_names(""), names{});
}

TEST(prefetch_test, a_name_is_asked_for_as_a_client_would) {
  const auto asks = [](std::string_view given, subject what, const std::string& name,
                       bool decrypt) {
    const auto got = parse_prefetch(given);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->what, what) << given;
    EXPECT_EQ(got->names, std::vector{name});
    EXPECT_EQ(got->decrypt, decrypt) << given;
  };
  asks("ssm:/app/a", subject::parameter, "/app/a", true);
  asks("ssm:/app/a:3", subject::parameter, "/app/a:3", true);
  asks("ssm-path:/app/", subject::path, "/app/", true);
  asks("secret:db", subject::secret, "db", false);
  asks("s3://b/k", subject::object, "s3://b/k", false);
}

TEST(prefetch_test, what_is_no_name_is_refused_with_what_would_be_one) {
  const auto refused = parse_prefetch("/app/a");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("did you mean ssm:/app/a?"), std::string::npos);
  EXPECT_FALSE(parse_prefetch("ssm:"));
}

}  // namespace
}  // namespace lambda_cache::agent
