#include "wired_fixture.hpp"

#include <thread>

namespace lambda_cache::test {
namespace {

using core::second;

class statistics_test : public wired_fixture {
 protected:
  [[nodiscard]] entry_statistics of(const std::string& name) {
    for (entry_statistics& one : cache().entry_stats())
      if (one.name == name) return one;
    ADD_FAILURE() << name << " is not listed";
    return {};
  }
  static void read_often(const handle& var, int times) {
    for (int i = 0; i < times; ++i)
      EXPECT_FALSE(text(var).empty());
  }
};

TEST_F(statistics_test, hits_of_each_entry_from_all_handles_and_threads) {
  ssm_.put("/app/a", "1");
  ssm_.put("/app/b", "2");
  const handle a = open("/app/a");
  const handle same = open("/app/a");
  const handle b = open("/app/b");
  read_often(a, 10);
  read_often(same, 5);
  read_often(b, 3);
  std::thread([&] { read_often(a, 4); }).join();
  EXPECT_EQ(of("/app/a").hits, 9U + 5U + 4U);
  EXPECT_EQ(of("/app/a").misses, 1U);
  EXPECT_EQ(of("/app/b").hits, 2U);
  EXPECT_EQ(cache().stats().hits, 18U + 2U);
  const auto all = cache().entry_stats();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "/app/a");
  EXPECT_EQ(all[1].name, "/app/b");
}

TEST_F(statistics_test, what_is_known_of_an_entry) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var", {.max_age = 60 * second});
  EXPECT_EQ(text(var), "x");
  pass(30 * second);
  const entry_statistics seen = of("/app/var");
  EXPECT_EQ(seen.service, "ssm");
  EXPECT_EQ(seen.region, "eu-west-1");
  EXPECT_EQ(seen.loads, 1U);
  EXPECT_EQ(seen.revalidated, 0U);
  EXPECT_GE(seen.age, std::chrono::seconds(30));
  EXPECT_GT(seen.bytes, 0U);
  EXPECT_GT(seen.load_time_total.count(), 0);
  EXPECT_EQ(seen.load_time_max, seen.load_time_total);
  EXPECT_FALSE(seen.last_error.has_value());
}

TEST_F(statistics_test, failures_and_values_that_are_gone) {
  const handle nothing = open("/app/nothing");
  EXPECT_EQ(failure_of(nothing).kind, error_kind::not_found);
  EXPECT_EQ(failure_of(nothing).kind, error_kind::not_found);
  const entry_statistics seen = of("/app/nothing");
  EXPECT_EQ(seen.failures, 1U);
  EXPECT_EQ(seen.negative, 1U);
  EXPECT_EQ(seen.last_error, error_kind::not_found);
  EXPECT_FALSE(seen.age.has_value());
  EXPECT_EQ(seen.bytes, 0U);
}

TEST_F(statistics_test, entries_of_an_earlier_configuration_are_not_listed) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  read_often(var, 5);
  cache().reset();
  EXPECT_TRUE(cache().entry_stats().empty());
  read_often(var, 2);
  EXPECT_EQ(of("/app/var").hits, 1U);
  EXPECT_EQ(cache().stats().hits, 5U) << "the totals go on";
}

TEST_F(statistics_test, clear_keeps_the_counters) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  read_often(var, 5);
  cache().clear();
  EXPECT_FALSE(of("/app/var").age.has_value());
  read_often(var, 2);
  EXPECT_EQ(of("/app/var").hits, 5U);
  EXPECT_EQ(of("/app/var").misses, 2U);
}

TEST_F(statistics_test, a_client_gives_its_own) {
  const client mine({.region = "eu-west-1", .endpoint_url = ssm_.url()});
  EXPECT_TRUE(mine.entries().empty());
}

}  // namespace
}  // namespace lambda_cache::test
