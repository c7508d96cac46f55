// Refresh ahead: a value close to its expiry is handed out and fetched anew behind the reader.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::second;
using test::reader;

/// Accepts 60 s, refreshed in the last 10.
constexpr test::read_options ahead{.timeout = 5 * second, .refresh_ahead = 10 * second};

class engine_refresh_ahead : public test::engine_fixture {
 protected:
  engine_refresh_ahead() { load(e_, "one"); }

  [[nodiscard]] bool nothing_starts() { return take().empty(); }

  entry_ptr e_ = open("/a");
};

TEST_F(engine_refresh_ahead, starts_when_no_more_than_that_is_left) {
  time.pass(50 * second - 1);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_TRUE(nothing_starts()) << "10 s and 1 ns are left";
  time.pass(1);
  const int before = wakes;
  const reader r = read(e_, ahead);
  EXPECT_EQ(r.from(), origin::hit);
  EXPECT_EQ(r.text(), "one");
  EXPECT_EQ(wakes, before + 1);
  complete(take_one(), "two");
  EXPECT_EQ(read(e_, ahead).text(), "two");
  time.pass(1);
  EXPECT_TRUE(nothing_starts());
}

TEST_F(engine_refresh_ahead, starts_up_to_the_last_moment_and_not_after_it) {
  time.pass(60 * second - 1);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  complete(take_one(), "two");
  time.pass(60 * second);
  EXPECT_TRUE(read(e_, ahead).waits()) << "expired: a reader leads as always";
}

TEST_F(engine_refresh_ahead, readers_without_it_start_nothing) {
  time.pass(59 * second);
  EXPECT_EQ(read(e_).from(), origin::hit);
  EXPECT_TRUE(nothing_starts());
}

TEST_F(engine_refresh_ahead, one_flight_for_all_readers) {
  time.pass(55 * second);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  const flight_ptr flying = take_one();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_TRUE(nothing_starts()) << "it is under way";
  complete(flying, "two");
  EXPECT_TRUE(nothing_starts()) << "nor behind it";
  EXPECT_EQ(engine().count().misses, 1U) << "the load of the fixture";
  EXPECT_EQ(engine().count().hits, 6U);
}

TEST_F(engine_refresh_ahead, does_not_start_behind_a_forced_read) {
  time.pass(55 * second);
  const reader waiting = read(e_, test::forced);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  complete(take_one(), "two");
  EXPECT_EQ(waiting.text(), "two");
  EXPECT_TRUE(nothing_starts());
}

TEST_F(engine_refresh_ahead, flight_has_one_attempt_and_the_readers_deadline) {
  time.pass(55 * second);
  (void)read(e_, ahead);
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_attempts(), 1);
  EXPECT_EQ(flying->deadline(), time.in(5 * second));
}

TEST_F(engine_refresh_ahead, reader_without_time_starts_nothing) {
  time.pass(55 * second);
  auto late = ahead;
  late.timeout = 0;
  EXPECT_EQ(read(e_, late).from(), origin::hit);
  EXPECT_TRUE(nothing_starts());
  late.timeout = 1;
  EXPECT_EQ(read(e_, late).from(), origin::hit);
  EXPECT_FALSE(nothing_starts());
}

TEST_F(engine_refresh_ahead, later_reader_joins_and_brings_its_own_deadline_and_attempts) {
  time.pass(55 * second);
  (void)read(e_, ahead);
  const flight_ptr flying = take_one();
  time.pass(5 * second);
  const reader late = read(e_, {.stale_if_error = 0, .timeout = 10 * second});
  ASSERT_TRUE(late.waits());
  EXPECT_EQ(flying->deadline(), time.in(10 * second));
  EXPECT_EQ(flying->max_attempts(), 3);
  EXPECT_TRUE(nothing_starts());
  complete(flying, "two");
  EXPECT_EQ(late.text(), "two");
  EXPECT_EQ(engine().count().joins, 1U);
}

TEST_F(engine_refresh_ahead, last_waiter_to_leave_does_not_abandon_it) {
  time.pass(55 * second);
  (void)read(e_, ahead);
  const flight_ptr flying = take_one();
  time.pass(5 * second);
  const reader late = read(e_, {.stale_if_error = 0});
  EXPECT_EQ(leave(late)->from, origin::failed);
  (void)take();
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_refresh_ahead, waiter_that_leaves_before_it_runs_does_not_abandon_it_either) {
  time.pass(55 * second);
  (void)read(e_, ahead);
  const reader joined = read(e_, test::forced);
  EXPECT_EQ(leave(joined)->from, origin::failed);
  complete(take_one(), "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_refresh_ahead, passing_failure_is_invisible_and_backs_off) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  fail(take_one(), test::passing_error());
  const reader r = read(e_, ahead);
  EXPECT_EQ(r.from(), origin::hit);
  EXPECT_FALSE(r.outcome().failure.has_value());
  EXPECT_TRUE(nothing_starts()) << "backing off";
  EXPECT_EQ(engine().count().stale, 0U);
  time.pass(second);  // the first back-off is no longer
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  complete(take_one(), "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_refresh_ahead, back_off_ends_at_its_boundary) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  fail(take_one(), test::passing_error());
  const core::nanos pause = e_->back_off;
  ASSERT_LE(pause, second);
  time.pass(pause - 1);
  (void)read(e_, ahead);
  EXPECT_TRUE(nothing_starts());
  time.pass(1);
  (void)read(e_, ahead);
  EXPECT_FALSE(nothing_starts());
}

TEST_F(engine_refresh_ahead, definite_failure_keeps_the_value_and_is_remembered) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  fail(take_one(), test::definite_error(error_kind::access_denied));
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_TRUE(nothing_starts()) << "refused less than 5 s ago";
  EXPECT_EQ(read(e_, {.max_age = 20 * second}).failure(), error_kind::access_denied);
  time.pass(5 * second - 1);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_TRUE(nothing_starts());
  time.pass(1);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_FALSE(nothing_starts());
}

TEST_F(engine_refresh_ahead, not_found_drops_the_value_and_says_so) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  fail(take_one(), test::definite_error(error_kind::not_found));
  EXPECT_EQ(read(e_, ahead).failure(), error_kind::not_found);
}

TEST_F(engine_refresh_ahead, invalidation_meanwhile_wins) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  complete(flying, "from before");
  EXPECT_EQ(engine().current(*e_).first, nullptr);
  EXPECT_TRUE(read(e_, ahead).waits());
}

TEST_F(engine_refresh_ahead, pinned_and_infinite_values_are_never_refreshed) {
  const entry_ptr pinned = open("/a:3");
  (void)read(pinned);
  complete_at(take_one(), "three", 10, time.clocks(), /*pinned=*/true);
  time.pass(59 * second);
  EXPECT_EQ(read(pinned, ahead).from(), origin::hit);
  auto for_ever = ahead;
  for_ever.max_age = core::infinite;
  for_ever.refresh_ahead = core::infinite;
  EXPECT_EQ(read(e_, for_ever).from(), origin::hit);
  EXPECT_TRUE(nothing_starts());
}

TEST_F(engine_refresh_ahead, does_not_anticipate_the_sources_own_moment) {
  (void)read(e_, test::forced);
  complete_at(take_one(), "two", 10, time.clocks(), false, time.clocks().wall + 5 * second);
  EXPECT_EQ(read(e_, ahead).from(), origin::hit);
  EXPECT_TRUE(nothing_starts()) << "it would bring the same, again and again";
}

TEST_F(engine_refresh_ahead, look_answers_refreshes_and_never_waits) {
  const read_request early = request(e_, ahead);
  EXPECT_EQ(*engine().look(early, time.now())->as<std::string>(), "one");
  EXPECT_TRUE(nothing_starts());
  time.pass(50 * second);
  EXPECT_NE(engine().look(request(e_, ahead), time.now()), nullptr);
  complete(take_one(), "two");
  EXPECT_EQ(engine().count().hits, 2U);
  time.pass(60 * second);
  EXPECT_EQ(engine().look(request(e_, ahead), time.now()), nullptr);
  EXPECT_EQ(engine().look(request(e_, test::forced), time.now()), nullptr);
  EXPECT_TRUE(nothing_starts());
  EXPECT_EQ(engine().count().misses, 1U) << "the load of the fixture";
}

TEST_F(engine_refresh_ahead, ends_with_the_engine) {
  time.pass(50 * second);
  (void)read(e_, ahead);
  e_.reset();
  destroy_engine();
}

}  // namespace
}  // namespace lambda_cache::cache
