#include "agent/request_counts.hpp"

#include "agent/json_object.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <set>
#include <string>

namespace lambda_cache::agent {
namespace {

TEST(histogram_test, a_time_belongs_below_its_end) {
  histogram times;
  times.add(25'000);
  times.add(25'001);
  times.add(50'000);
  times.add(10 * core::second + 1);
  EXPECT_EQ(times.counts.front(), 1U);
  EXPECT_EQ(times.counts[1], 2U);
  EXPECT_EQ(times.counts.back(), 1U);
  EXPECT_EQ(times.count, 4U);
  EXPECT_EQ(times.count, std::accumulate(times.counts.begin(), times.counts.end(), 0U));
  EXPECT_EQ(times.sum, 25'000 + 25'001 + 50'000 + 10 * core::second + 1);
}

TEST(request_counts_test, reads_are_timed_by_where_the_value_came_from) {
  request_counts seen;
  response hit;
  hit.from = value_origin::hit;
  seen.count(request_label::secret, hit, 1000);
  seen.count(request_label::secret, hit, 1000);
  seen.count(request_label::object, text_response(400, "no"), 1000);
  seen.count(request_label::ping, text_response(200, "healthy"), 1000);
  EXPECT_EQ(seen.answers(request_label::secret).at(200), 2U);
  EXPECT_EQ(seen.answers(request_label::object).at(400), 1U);
  EXPECT_EQ(seen.times(value_origin::hit).count, 2U);
  EXPECT_EQ(seen.times(value_origin::none).count, 1U);
  EXPECT_EQ(seen.total(), 4U);
}

TEST(request_counts_test, every_label_has_a_text_of_its_own) {
  std::set<std::string_view> all;
  for (std::size_t i = 0; i < request_labels; ++i)
    all.insert(text_of(static_cast<request_label>(i)));
  EXPECT_EQ(all.size(), request_labels);
}

TEST(json_object_test, writes_what_json_allows) {
  core::secret_bytes out;
  {
    json_object made(out);
    made.member("text", std::string_view("a\"b"));
    made.member("number", 1.5);
    made.member("large", std::numeric_limits<std::uint64_t>::max());
    made.member("broken", std::numeric_limits<double>::infinity());
    made.member("truth", true);
    made.member("nothing", std::optional<double>());
    made.texts("list", std::set<std::string_view>{"a", "b"});
    made.begin("inner");
    made.inner().member("x", 2U);
  }
  EXPECT_EQ(std::string(out.begin(), out.end()),
            R"({"text":"a\"b","number":1.5,"large":18446744073709551615,"broken":0,"truth":true,)"
            R"("nothing":null,"list":["a","b"],"inner":{"x":2}})");
}

}  // namespace
}  // namespace lambda_cache::agent
