// A source may say when its value ends, or that the value the cache has is current still.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::nanos;
using core::second;
using test::reader;

class engine_expiry : public test::engine_fixture {
 protected:
  /// A value, requested now, that its source ends in so long.
  void load_until(nanos ends_in, bool pinned = false) {
    (void)read(e_, test::forced);
    complete_at(take_one(), "one", 10, time.clocks(), pinned, time.clocks().wall + ends_in);
  }

  entry_ptr e_ = open("/a");
};

TEST_F(engine_expiry, value_expires_at_the_sources_moment) {
  load_until(20 * second);
  time.pass(20 * second - 1);
  EXPECT_EQ(read(e_).from(), origin::hit);
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_expiry, whatever_the_reader_accepts) {
  load_until(20 * second, /*pinned=*/true);
  const test::read_options any{.max_age = core::infinite};
  time.pass(20 * second - 1);
  EXPECT_EQ(read(e_, any).from(), origin::hit);
  time.pass(1);
  EXPECT_TRUE(read(e_, any).waits());
}

TEST_F(engine_expiry, readers_max_age_counts_if_it_comes_first) {
  load_until(20 * second);
  const test::read_options ten{.max_age = 10 * second};
  time.pass(10 * second - 1);
  EXPECT_EQ(read(e_, ten).from(), origin::hit);
  time.pass(1);
  EXPECT_TRUE(read(e_, ten).waits());
}

TEST_F(engine_expiry, wall_clock_decides_and_in_doubt_it_is_over) {
  load_until(20 * second);
  time.freeze(20 * second);
  EXPECT_TRUE(read(e_).waits()) << "frozen time counts";
  complete_at(take_one(), "two", 10, time.clocks(), false, time.clocks().wall + 20 * second);
  time.pass(10 * second);
  time.step_wall(-5 * second);
  EXPECT_TRUE(read(e_).waits()) << "the wall clock went back: who knows";
}

TEST_F(engine_expiry, stale_counts_from_there) {
  load_until(20 * second);
  time.pass(20 * second);
  const test::read_options how{.stale_if_error = 30 * second};
  (void)read(e_, how);
  fail(take_one(), test::passing_error(error_kind::timeout));
  EXPECT_EQ(read(e_, how).from(), origin::stale);
  time.pass(30 * second - 1);
  const reader last = read(e_, how);
  fail(take_one(), test::passing_error(error_kind::timeout));
  EXPECT_EQ(last.from(), origin::stale);
  time.pass(1);
  const reader late = read(e_, how);
  EXPECT_TRUE(late.waits());
  fail(late.admitted.place.flight, test::passing_error());
  fail(take_one(), test::passing_error(error_kind::timeout));
  EXPECT_EQ(late.from(), origin::failed);
}

TEST_F(engine_expiry, moment_that_has_passed_already_is_expired_at_once) {
  load_until(-second);
  EXPECT_TRUE(read(e_, {.max_age = core::infinite}).waits());
}

TEST_F(engine_expiry, flight_from_before_the_moment_is_not_joined_after_it) {
  load_until(20 * second);
  time.pass(20 * second - 1);
  const reader early = read(e_, {.max_age = second});
  const flight_ptr before = take_one();
  const reader same = read(e_, {.max_age = second});
  EXPECT_EQ(same.admitted.place.flight, before);
  time.pass(1);
  const reader after = read(e_);
  EXPECT_NE(after.admitted.place.flight, before) << "it may bring what has just ended";
  complete_at(before, "old", 10, before->target()->current->request_start);
  EXPECT_EQ(early.text(), "old");
  complete(take_one(), "new");
  EXPECT_EQ(after.text(), "new");
}

TEST_F(engine_expiry, flight_from_the_moment_on_is_joined) {
  load_until(20 * second);
  time.pass(20 * second);
  const reader first = read(e_);
  const flight_ptr flying = take_one();
  time.pass(millisecond);
  EXPECT_EQ(read(e_).admitted.place.flight, flying);
}

class engine_revalidation : public test::engine_fixture {
 protected:
  engine_revalidation() { load(e_, "one"); }

  entry_ptr e_ = open("/a");
};

TEST_F(engine_revalidation, value_is_young_again_and_the_same_object) {
  const auto [known, generation] = engine().current(*e_);
  time.pass(60 * second);
  const reader waiting = read(e_);
  revalidate(take_one(), known);
  EXPECT_EQ(waiting.from(), origin::fetched);
  EXPECT_EQ(waiting.text(), "one");
  const auto [present, later] = engine().current(*e_);
  EXPECT_EQ(present->value, known->value);
  EXPECT_EQ(present->bytes, known->bytes);
  EXPECT_NE(generation, later) << "slots have to see the new age";
  EXPECT_EQ(engine().count().revalidated, 1U);
  EXPECT_EQ(engine().count().loads, 1U) << "the load of the fixture";
  time.pass(60 * second - 1);
  EXPECT_EQ(read(e_).from(), origin::hit);
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_revalidation, ends_a_back_off) {
  load_then_fail(e_, "one");
  time.pass(second);
  const auto known = engine().current(*e_).first;
  const reader waiting = read(e_);
  revalidate(take_one(), known);
  EXPECT_EQ(waiting.from(), origin::fetched);
  EXPECT_FALSE(e_->failure.has_value());
}

TEST_F(engine_revalidation, brings_a_new_moment_of_the_source) {
  const auto known = engine().current(*e_).first;
  (void)read(e_, test::forced);
  revalidate(take_one(), known, time.clocks().wall + 20 * second);
  time.pass(20 * second - 1);
  EXPECT_EQ(read(e_).from(), origin::hit);
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
  revalidate(take_one(), engine().current(*e_).first);
  time.pass(59 * second);
  EXPECT_EQ(read(e_).from(), origin::hit) << "the source set no moment any more";
}

TEST_F(engine_revalidation, pinned_stays_pinned) {
  (void)read(e_, test::forced);
  complete_at(take_one(), "three", 10, time.clocks(), /*pinned=*/true);
  (void)read(e_, test::forced);
  revalidate(take_one(), engine().current(*e_).first);
  EXPECT_TRUE(engine().current(*e_).first->pinned);
}

TEST_F(engine_revalidation, of_a_value_invalidated_meanwhile_reaches_its_waiters_only) {
  time.pass(60 * second);
  const reader early = read(e_);
  const flight_ptr flying = take_one();
  const auto known = engine().current(*e_).first;
  engine().invalidate(e_);
  const reader after = read(e_);
  EXPECT_NE(after.admitted.place.flight, flying);
  revalidate(flying, known);
  EXPECT_EQ(early.text(), "one");
  EXPECT_EQ(engine().current(*e_).first, nullptr);
  EXPECT_TRUE(after.waits());
  complete(take_one(), "two");
  EXPECT_EQ(after.text(), "two");
}

TEST_F(engine_revalidation, of_a_value_evicted_meanwhile_is_kept) {
  make_engine({.max_entries = 1});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  load(a, "one");
  time.pass(60 * second);
  const reader waiting = read(a);
  const flight_ptr flying = take_one();
  const auto known = engine().current(*a).first;
  time.pass(second);
  load(b, "other");
  ASSERT_EQ(engine().current(*a).first, nullptr);
  revalidate(flying, known);
  EXPECT_EQ(waiting.text(), "one");
  EXPECT_NE(engine().current(*a).first, nullptr);
}

TEST_F(engine_revalidation, of_nobodys_flight_does_nothing) {
  const auto known = engine().current(*e_).first;
  time.pass(60 * second);
  const reader gone = read(e_, {.stale_if_error = 0});
  const flight_ptr flying = take_one();
  (void)leave(gone);
  revalidate(flying, known);
  EXPECT_EQ(engine().current(*e_).first, known);
  EXPECT_EQ(engine().count().revalidated, 0U);
}

class engine_entries : public test::engine_fixture {
 protected:
  [[nodiscard]] entry_report report(const entry_ptr& of) {
    for (entry_report& one : engine().entries(time.clocks()))
      if (one.target == of) return one;
    ADD_FAILURE() << of->locator << " is not listed";
    return {};
  }
  entry_ptr a_ = open("/a");
  entry_ptr b_ = open("/b");
};

TEST_F(engine_entries, are_listed_with_what_happened_to_each) {
  load(a_, "one", 10);
  time.pass(3 * second);
  (void)read(a_);
  const reader first = read(b_);
  const reader second_one = read(b_);
  const flight_ptr flying = take_one();
  time.pass(2 * second);
  complete(flying, "two", 20);
  const entry_report a = report(a_);
  EXPECT_EQ(a.counted.hits, 1U);
  EXPECT_EQ(a.counted.misses, 1U);
  EXPECT_EQ(a.counted.joins, 0U);
  EXPECT_EQ(a.counted.loads, 1U);
  EXPECT_TRUE(a.has_value);
  EXPECT_EQ(a.age, 5 * second);
  EXPECT_EQ(a.bytes, 10U);
  EXPECT_FALSE(a.counted.last_error.has_value());
  const entry_report b = report(b_);
  EXPECT_EQ(b.counted.hits, 0U);
  EXPECT_EQ(b.counted.misses, 1U);
  EXPECT_EQ(b.counted.joins, 1U);
  EXPECT_EQ(b.counted.latency_total, 2 * second);
  EXPECT_EQ(b.age, 0);
  EXPECT_EQ(b.bytes, 20U);
  EXPECT_EQ(engine().entries(time.clocks()).size(), 2U);
}

TEST_F(engine_entries, tell_what_is_under_way_and_what_failed_last) {
  load(a_, "one", 10);
  (void)read(a_, test::forced);
  EXPECT_TRUE(report(a_).is_loading);
  EXPECT_FALSE(report(b_).is_loading);
  fail(take_one(), test::passing_error(error_kind::timeout));
  time.pass(3 * second);
  const entry_report failing = report(a_);
  EXPECT_FALSE(failing.is_loading);
  EXPECT_EQ(failing.failing, error_kind::timeout);
  EXPECT_TRUE(failing.failing_passes);
  EXPECT_EQ(failing.failed_for, 3 * second);
  EXPECT_EQ(failing.lifetime, core::infinite);
  load(a_, "two", 10);
  EXPECT_FALSE(report(a_).failing.has_value());
  EXPECT_EQ(report(a_).counted.last_error, error_kind::timeout);
  (void)read(b_);
  fail(take_one(), test::definite_error(error_kind::access_denied));
  EXPECT_EQ(report(b_).failing, error_kind::access_denied);
  EXPECT_FALSE(report(b_).failing_passes);
}

TEST_F(engine_entries, latency_is_that_of_fetches_that_did_not_fail) {
  for (const nanos took : {3 * second, 1 * second}) {
    (void)read(a_, test::forced);
    const flight_ptr flying = take_one();
    time.pass(took);
    complete(flying, "one");
  }
  const auto known = engine().current(*a_).first;
  (void)read(a_, test::forced);
  const flight_ptr conditional = take_one();
  time.pass(2 * second);
  revalidate(conditional, known);
  (void)read(a_, test::forced);
  const flight_ptr failing = take_one();
  time.pass(9 * second);
  fail(failing, test::passing_error());
  const entry_counters seen = report(a_).counted;
  EXPECT_EQ(seen.loads, 2U);
  EXPECT_EQ(seen.revalidated, 1U);
  EXPECT_EQ(seen.failures, 1U);
  EXPECT_EQ(seen.latency_total, 6 * second);
  EXPECT_EQ(seen.latency_max, 3 * second);
}

TEST_F(engine_entries, failures_count_where_they_happened) {
  load_then_fail(a_, "one");
  (void)read(a_);
  (void)read(b_);
  fail(take_one(), test::definite_error(error_kind::access_denied));
  (void)read(b_);
  const entry_counters a = report(a_).counted;
  EXPECT_EQ(a.failures, 1U);
  EXPECT_EQ(a.stale, 2U) << "the one that waited for the failed refresh, and the one after it";
  EXPECT_EQ(a.negative, 0U);
  EXPECT_EQ(a.last_error, error_kind::throttled);
  const entry_counters b = report(b_).counted;
  EXPECT_EQ(b.failures, 1U);
  EXPECT_EQ(b.negative, 1U);
  EXPECT_EQ(b.last_error, error_kind::access_denied);
  EXPECT_FALSE(report(b_).has_value);
}

TEST_F(engine_entries, counters_stay_when_the_value_goes_and_add_up_to_the_totals) {
  load(a_, "one");
  (void)read(a_);
  engine().clear();
  load(b_, "two");
  entry_counters sum;
  for (const entry_report& one : engine().entries(time.clocks())) {
    sum.hits += one.counted.hits;
    sum.misses += one.counted.misses;
    sum.loads += one.counted.loads;
  }
  EXPECT_EQ(sum.hits, engine().count().hits);
  EXPECT_EQ(sum.misses, engine().count().misses);
  EXPECT_EQ(sum.loads, engine().count().loads);
  EXPECT_EQ(report(a_).counted.hits, 1U);
}

}  // namespace
}  // namespace lambda_cache::cache
