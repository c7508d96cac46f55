#include "core/result.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace lambda_cache::core {
namespace {

constexpr error_kind every_kind[] = {error_kind::invalid_argument, error_kind::not_found,
                                     error_kind::access_denied,    error_kind::decryption,
                                     error_kind::rejected,         error_kind::credentials,
                                     error_kind::throttled,        error_kind::timeout,
                                     error_kind::connection,       error_kind::tls,
                                     error_kind::protocol,         error_kind::service,
                                     error_kind::cancelled};

TEST(error, every_kind_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const error_kind kind : every_kind) {
    EXPECT_NE(to_string(kind), "unknown");
    names.insert(to_string(kind));
  }
  EXPECT_EQ(names.size(), std::size(every_kind));
}

TEST(error, passing_kinds_and_only_they_are_retryable) {
  const std::set<error_kind> passing = {error_kind::throttled, error_kind::timeout,
                                        error_kind::connection, error_kind::protocol,
                                        error_kind::service};
  for (const error_kind kind : every_kind)
    EXPECT_EQ(make_error(kind, "why").retryable, passing.contains(kind)) << to_string(kind);
}

TEST(error, exception_says_what_the_facts_say) {
  error_info info = make_error(error_kind::not_found, "no such parameter");
  info.name = "/a";
  const error thrown(info);
  EXPECT_STREQ(thrown.what(), "no such parameter");
  EXPECT_EQ(thrown.kind(), error_kind::not_found);
  EXPECT_EQ(thrown.info().name, "/a");
}

TEST(error, result_carries_a_value_or_a_failure) {
  const result<int> good = 1;
  const result<int> bad = fail(make_error(error_kind::tls, "refused"));
  EXPECT_EQ(good.value(), 1);
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().kind, error_kind::tls);
}

}  // namespace
}  // namespace lambda_cache::core
