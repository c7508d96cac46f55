// Stale values: who may have them, when, and what they cost the service.
#include "cache/policy.hpp"
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::nanos;
using core::second;
using test::forced;
using test::passing_error;
using test::reader;

class engine_stale : public test::engine_fixture {
 protected:
  entry_ptr e_ = open("/a");
};

TEST_F(engine_stale, passing_failure_serves_the_stale_value_and_says_why) {
  load(e_, "one");
  time.pass(60 * second);
  const reader r = read(e_);
  fail(take_one(), passing_error());
  EXPECT_EQ(r.from(), origin::stale);
  EXPECT_EQ(r.text(), "one");
  EXPECT_EQ(r.failure(), error_kind::throttled);
  EXPECT_EQ(engine().count().stale, 1U);
  EXPECT_EQ(engine().count().failures, 1U);
}

TEST_F(engine_stale, every_passing_reason_serves_the_stale_value) {
  for (const error_kind kind : {error_kind::throttled, error_kind::timeout, error_kind::connection,
                                error_kind::protocol, error_kind::service}) {
    engine().clear();
    load(e_, "one");
    time.pass(60 * second);
    const reader r = read(e_);
    fail(take_one(), passing_error(kind));
    EXPECT_EQ(r.from(), origin::stale) << to_string(kind);
  }
}

TEST_F(engine_stale, definite_failure_is_raised_beside_a_stale_value) {
  for (const error_kind kind :
       {error_kind::access_denied, error_kind::decryption, error_kind::rejected,
        error_kind::credentials, error_kind::tls, error_kind::not_found, error_kind::cancelled}) {
    engine().clear();
    load(e_, "one");
    time.pass(60 * second);
    const reader r = read(e_);
    fail(take_one(), test::definite_error(kind));
    EXPECT_EQ(r.from(), origin::failed) << to_string(kind);
    EXPECT_EQ(r.failure(), kind);
  }
}

TEST_F(engine_stale, limit_is_max_age_plus_stale_if_error) {
  for (const auto& [past, served] : {std::pair{nanos{-1}, true}, {0, false}, {1, false}}) {
    engine().clear();
    load(e_, "one");
    time.pass(360 * second + past);
    const reader r = read(e_);
    fail(take_one(), passing_error());
    EXPECT_EQ(r.outcome().ok(), served) << past;
    EXPECT_EQ(r.failure(), error_kind::throttled);
  }
}

TEST_F(engine_stale, limit_is_judged_when_the_refresh_fails) {
  load(e_, "one");
  time.pass(360 * second - 1);
  const reader r = read(e_);
  const flight_ptr flying = take_one();
  time.pass(1);
  fail(flying, passing_error());
  EXPECT_EQ(r.from(), origin::failed);
}

TEST_F(engine_stale, each_reader_has_its_own_limit) {
  load(e_, "one");
  time.pass(100 * second);
  const reader strict = read(e_, {.stale_if_error = 0});
  const reader short_limit = read(e_, {.stale_if_error = 40 * second});
  const reader normal = read(e_);
  fail(take_one(), passing_error());
  EXPECT_EQ(strict.from(), origin::failed);
  EXPECT_EQ(short_limit.from(), origin::failed);
  EXPECT_EQ(normal.from(), origin::stale);
  EXPECT_EQ(engine().count().stale, 1U);
}

TEST_F(engine_stale, serving_does_not_renew_freshness) {
  load_then_fail(e_, "one");
  const core::instant start = e_->current->request_start;
  time.pass(60 * second);
  EXPECT_TRUE(read(e_).waits()) << "still expired";
  EXPECT_EQ(e_->current->request_start.mono, start.mono);
}

TEST_F(engine_stale, forced_read_never_gets_it) {
  load(e_, "one");
  time.pass(60 * second);
  const reader by_force = read(e_, forced);
  fail(take_one(), passing_error());
  EXPECT_EQ(by_force.from(), origin::failed);
  EXPECT_EQ(by_force.failure(), error_kind::throttled);
  EXPECT_EQ(by_force.outcome().value, nullptr);
}

TEST_F(engine_stale, freeze_counts_towards_the_limit) {
  load(e_, "one");
  time.freeze(360 * second);
  const reader r = read(e_);
  fail(take_one(), passing_error());
  EXPECT_EQ(r.from(), origin::failed);
}

TEST_F(engine_stale, reader_waits_at_most_half_a_second_from_the_start_of_the_flight) {
  load(e_, "one");
  time.pass(60 * second);
  const reader first = read(e_);
  EXPECT_EQ(first.admitted.wake_at, time.in(500 * millisecond));
  const flight_ptr flying = take_one();
  time.pass(200 * millisecond);
  const reader later = read(e_);
  EXPECT_EQ(later.admitted.wake_at, time.in(300 * millisecond));
  time.pass(300 * millisecond - 1);
  EXPECT_TRUE(read(e_).waits());
  time.pass(1);
  const reader last = read(e_);
  ASSERT_TRUE(last.settled_at_once()) << "the refresh had its half second";
  EXPECT_EQ(last.from(), origin::stale);
  EXPECT_EQ(last.text(), "one");
  complete(flying, "two");
  EXPECT_EQ(first.text(), "two");
}

TEST_F(engine_stale, half_second_starts_anew_when_the_flight_leaves_the_queue) {
  load(e_, "one");
  time.pass(60 * second);
  const reader first = read(e_);
  time.pass(400 * millisecond);
  (void)take_one();
  EXPECT_EQ(first.admitted.wake_at, time.in(100 * millisecond)) << "nobody waits longer for it";
  time.pass(200 * millisecond);
  EXPECT_EQ(read(e_).admitted.wake_at, time.in(300 * millisecond));
}

TEST_F(engine_stale, reader_without_a_stale_value_waits_for_its_whole_deadline) {
  const reader r = read(e_);
  EXPECT_EQ(r.admitted.wake_at, time.in(10 * second));
}

TEST_F(engine_stale, own_deadline_before_the_half_second_counts) {
  load(e_, "one");
  time.pass(60 * second);
  const reader r = read(e_, {.timeout = 100 * millisecond});
  EXPECT_EQ(r.admitted.wake_at, time.in(100 * millisecond));
}

TEST_F(engine_stale, leaving_takes_the_stale_value_and_lets_the_refresh_go_on) {
  load(e_, "one");
  time.pass(60 * second);
  const reader r = read(e_);
  const flight_ptr flying = take_one();
  time.pass(500 * millisecond);
  const auto left = leave(r);
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->from, origin::stale);
  EXPECT_EQ(*left->value->as<std::string>(), "one");
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(abandoned.empty()) << "the refresh goes on";
  complete(flying, "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_stale, refresh_goes_on_after_everybody_has_left) {
  load(e_, "one");
  time.pass(60 * second);
  const reader stale = read(e_);
  const reader strict = read(e_, {.stale_if_error = 0, .timeout = second});
  const flight_ptr flying = take_one();
  time.pass(500 * millisecond);
  (void)leave(stale);
  time.pass(500 * millisecond);
  EXPECT_EQ(leave(strict)->failure->kind, error_kind::timeout);
  (void)take();
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_stale, refresh_that_gave_a_reader_the_stale_value_goes_on_without_waiters) {
  load(e_, "one");
  time.pass(60 * second);
  const reader strict = read(e_, {.stale_if_error = 0, .timeout = second});
  const flight_ptr flying = take_one();
  time.pass(second);
  EXPECT_EQ(read(e_).from(), origin::stale);
  (void)leave(strict);
  (void)take();
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_stale, refresh_is_one_attempt_unless_a_reader_has_nothing_to_fall_back_on) {
  load(e_, "one");
  time.pass(60 * second);
  (void)read(e_, {.max_attempts = 3});
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_attempts(), 1);
  (void)read(e_, {.stale_if_error = 0, .max_attempts = 3});
  EXPECT_EQ(flying->max_attempts(), 3);
}

// Readers come all the time; each one asks for ten seconds and takes the stale value at once.
TEST_F(engine_stale, readers_that_do_not_wait_do_not_prolong_the_flight) {
  load(e_, "one");
  time.pass(60 * second);
  (void)read(e_);
  const flight_ptr hanging = take_one();
  const core::deadline end = hanging->deadline();
  for (int i = 0; i < 100; ++i) {
    time.pass(500 * millisecond);
    ASSERT_EQ(read(e_).from(), origin::stale);
  }
  EXPECT_EQ(hanging->deadline(), end);
  EXPECT_EQ(engine().count().stale, 100U);
  EXPECT_EQ(engine().count().joins, 0U);
}

TEST_F(engine_stale, reader_whose_stale_value_is_dropped_waits_on_to_its_deadline) {
  load(e_, "one");
  time.pass(60 * second);
  const core::deadline deadline = time.in(10 * second);
  const reader r = read(e_);
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_attempts(), 1);
  engine().invalidate(e_);
  time.pass(500 * millisecond);
  core::deadline longer;
  EXPECT_FALSE(leave(r, &longer).has_value());
  EXPECT_EQ(longer, deadline);
  EXPECT_EQ(flying->max_attempts(), 3) << "it has nothing to fall back on any more";
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "two");
  EXPECT_EQ(r.text(), "two");
}

TEST_F(engine_stale, reader_whose_stale_value_grew_too_old_waits_on_to_its_deadline) {
  load(e_, "one");
  time.pass(360 * second - 1);
  const reader r = read(e_);
  (void)take_one();
  time.pass(500 * millisecond);
  core::deadline longer;
  EXPECT_FALSE(leave(r, &longer).has_value());
  time.pass(9'500 * millisecond);
  EXPECT_EQ(longer, time.steady());
  const auto left = leave(r, &longer);
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->failure->kind, error_kind::timeout);
}

TEST_F(engine_stale, reader_that_gives_up_leaves_at_once_whatever_its_deadline) {
  load(e_, "one");
  time.pass(60 * second);
  const reader r = read(e_);
  (void)take_one();
  engine().invalidate(e_);
  EXPECT_EQ(leave(r)->failure->kind, error_kind::timeout);
  (void)take();
  EXPECT_EQ(abandoned.size(), 1U);
}

TEST_F(engine_stale, infinite_stale_if_error_always_serves) {
  load(e_, "one");
  time.pass(24L * 365 * 3600 * second);
  const reader r = read(e_, {.stale_if_error = core::infinite});
  fail(take_one(), passing_error());
  EXPECT_EQ(r.from(), origin::stale);
}

}  // namespace
}  // namespace lambda_cache::cache
