// Prefetch: values are fetched before anybody reads them.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::second;
using test::reader;

constexpr test::read_options how{.timeout = 3 * second};

class engine_prefetch : public test::engine_fixture {
 protected:
  bool prefetch(std::initializer_list<entry_ptr> these) {
    std::vector<read_request> requests;
    for (const entry_ptr& each : these)
      requests.push_back(request(each, how));
    return engine().prefetch(requests, time.now());
  }

  entry_ptr a_ = open("/a");
  entry_ptr b_ = open("/b");
};

TEST_F(engine_prefetch, what_is_declared_one_after_the_other_starts_together) {
  EXPECT_TRUE(prefetch({a_}));
  EXPECT_TRUE(prefetch({b_}));
  EXPECT_EQ(wakes, 0) << "more may come";
  const auto flights = take();
  ASSERT_EQ(flights.size(), 2U);
  for (const flight_ptr& each : flights) {
    EXPECT_EQ(each->max_attempts(), 1);
    EXPECT_EQ(each->deadline(), time.in(3 * second));
    complete(each, "one");
  }
  EXPECT_EQ(read(a_).from(), origin::hit);
  EXPECT_EQ(read(b_).text(), "one");
  EXPECT_EQ(engine().count().misses, 0U) << "nobody had to wait";
  EXPECT_EQ(engine().count().loads, 2U);
}

TEST_F(engine_prefetch, a_read_does_not_wait_until_all_is_gathered) {
  EXPECT_TRUE(prefetch({a_, b_}));
  const reader early = read(a_, {.timeout = 10 * second});
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(engine().count().joins, 1U);
  const auto flights = take();
  ASSERT_EQ(flights.size(), 2U);
  EXPECT_EQ(flights.front()->deadline(), time.in(10 * second)) << "that of its reader";
  EXPECT_EQ(flights.front()->max_attempts(), 3);
  complete(flights.front(), "one");
  EXPECT_EQ(early.text(), "one");
  const reader later = read(b_);
  EXPECT_EQ(wakes, 1) << "it is under way";
  complete(flights.back(), "two");
  EXPECT_EQ(later.text(), "two");
}

TEST_F(engine_prefetch, nothing_is_fetched_twice) {
  load(a_, "one");
  EXPECT_FALSE(prefetch({a_})) << "it is there";
  time.pass(60 * second);
  EXPECT_TRUE(prefetch({a_, b_})) << "too old";
  EXPECT_TRUE(prefetch({a_, b_}));
  EXPECT_EQ(take().size(), 2U);
  EXPECT_FALSE(prefetch({a_, b_})) << "they are under way";
}

TEST_F(engine_prefetch, a_failure_for_a_passing_reason_costs_the_reader_nothing) {
  EXPECT_TRUE(prefetch({a_}));
  fail(take_one(), test::passing_error());
  EXPECT_FALSE(prefetch({a_})) << "it failed just now";
  const reader r = read(a_);
  EXPECT_TRUE(r.waits());
  complete(take_one(), "one");
  EXPECT_EQ(r.text(), "one");
}

TEST_F(engine_prefetch, a_refusal_is_told_to_the_reader) {
  EXPECT_TRUE(prefetch({a_}));
  fail(take_one(), test::definite_error(error_kind::access_denied));
  EXPECT_EQ(read(a_).failure(), error_kind::access_denied);
  EXPECT_TRUE(take().empty()) << "it was asked a moment ago";
}

TEST_F(engine_prefetch, a_reader_that_leaves_does_not_end_it) {
  EXPECT_TRUE(prefetch({a_}));
  const reader r = read(a_);
  const flight_ptr flying = take_one();
  EXPECT_TRUE(leave(r).has_value());
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "one");
  EXPECT_EQ(read(a_).from(), origin::hit);
}

}  // namespace
}  // namespace lambda_cache::cache
