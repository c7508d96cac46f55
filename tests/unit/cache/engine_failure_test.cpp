// What is remembered of a failure: the back-off of passing ones, the five seconds of definite ones.
#include "cache/policy.hpp"
#include "support/engine_fixture.hpp"

#include <set>

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::nanos;
using core::second;
using test::definite_error;
using test::forced;
using test::passing_error;
using test::reader;

class engine_failure : public test::engine_fixture {
 protected:
  entry_ptr e_ = open("/a");
};

TEST_F(engine_failure, every_waiter_gets_an_error_object_of_its_own) {
  std::vector<reader> readers;
  readers.reserve(64);
  for (int i = 0; i < 64; ++i)
    readers.push_back(read(e_));
  error_info why = passing_error();
  why.message = "a message long enough to live on the heap and not inside the string object";
  why.request_id = "4e1f0f8a-0c3c-4d0a-8d4f-1f2e3d4c5b6a";
  fail(take_one(), why);
  std::set<const void*> objects;
  std::set<const void*> texts;
  for (const reader& r : readers) {
    ASSERT_EQ(r.from(), origin::failed);
    EXPECT_EQ(r.outcome().failure->message, why.message);
    EXPECT_EQ(r.outcome().failure->request_id, why.request_id);
    objects.insert(&*r.outcome().failure);
    texts.insert(r.outcome().failure->message.data());
  }
  EXPECT_EQ(objects.size(), 64U);
  EXPECT_EQ(texts.size(), 64U);
  EXPECT_EQ(engine().count().failures, 1U);
}

TEST_F(engine_failure, refresh_is_not_tried_again_within_the_back_off) {
  load_then_fail(e_, "one");
  ASSERT_GT(e_->back_off, 0);
  time.pass(e_->back_off - 1);
  const reader gated = read(e_);
  ASSERT_TRUE(gated.settled_at_once());
  EXPECT_EQ(gated.from(), origin::stale);
  EXPECT_EQ(gated.failure(), error_kind::throttled);
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_failure, back_off_doubles_and_is_capped) {
  load(e_, "one");
  time.pass(60 * second);
  const nanos caps[] = {1, 2, 4, 8, 16, 30, 30, 30};
  for (const nanos cap : caps) {
    (void)read(e_);
    fail(take_one(), passing_error());
    EXPECT_LE(e_->back_off, cap * second);
    EXPECT_GE(e_->back_off, back_off_floor);
    time.pass(e_->back_off);
  }
  EXPECT_EQ(e_->failures, 8);
}

TEST_F(engine_failure, minute_of_throttling_costs_a_handful_of_calls) {
  load(e_, "one");
  time.pass(60 * second);
  int calls = 0;
  for (int i = 0; i < 60 * 200; ++i) {
    const reader r = read(e_);
    if (r.waits()) {
      ++calls;
      fail(take_one(), passing_error());
    }
    ASSERT_EQ(r.from(), origin::stale);
    time.pass(5 * millisecond);
  }
  EXPECT_LE(calls, 20);
  EXPECT_GE(calls, 3);
}

TEST_F(engine_failure, success_ends_the_back_off) {
  load_then_fail(e_, "one");
  time.pass(e_->back_off);
  (void)read(e_);
  complete(take_one(), "two");
  EXPECT_EQ(read(e_).text(), "two");
  time.pass(60 * second);
  EXPECT_TRUE(read(e_).waits());
  fail(take_one(), passing_error());
  EXPECT_EQ(e_->failures, 1) << "the next row of failures starts anew";
}

TEST_F(engine_failure, forced_read_ignores_the_back_off) {
  load_then_fail(e_, "one");
  const reader by_force = read(e_, forced);
  EXPECT_TRUE(by_force.waits());
  complete(take_one(), "two");
  EXPECT_EQ(by_force.text(), "two");
}

TEST_F(engine_failure, back_off_does_not_hold_readers_that_have_nothing_to_fall_back_on) {
  load_then_fail(e_, "one");
  const reader strict = read(e_, {.stale_if_error = 0});
  EXPECT_TRUE(strict.waits());
  complete(take_one(), "two");
  EXPECT_EQ(strict.text(), "two");
}

TEST_F(engine_failure, entry_without_a_value_is_asked_again_at_once_after_a_passing_failure) {
  const reader first = read(e_);
  fail(take_one(), passing_error(error_kind::service));
  EXPECT_EQ(first.from(), origin::failed);
  const reader again = read(e_);
  EXPECT_TRUE(again.waits());
  complete(take_one(), "one");
  EXPECT_EQ(again.text(), "one");
}

TEST_F(engine_failure, who_was_throttled_without_a_value_does_not_ask_again_at_once) {
  const reader first = read(e_);
  fail(take_one(), passing_error());
  EXPECT_EQ(first.failure(), error_kind::throttled);
  time.pass(99 * millisecond);
  const reader again = read(e_);
  EXPECT_EQ(again.failure(), error_kind::throttled);
  EXPECT_TRUE(again.settled_at_once());
  EXPECT_EQ(engine().count().negative, 1U);
  const reader by_force = read(e_, forced);
  EXPECT_TRUE(by_force.waits());
  const reader beside = read(e_);
  EXPECT_TRUE(beside.waits()) << "a call is under way anyhow";
  complete(take_one(), "one");
  EXPECT_EQ(beside.text(), "one");
}

TEST_F(engine_failure, throttling_is_remembered_for_the_back_off_and_five_seconds_at_most) {
  for (int failed = 0; failed < 12; ++failed) {
    const reader asks = read(e_);
    fail(take_one(), passing_error());
    EXPECT_EQ(asks.failure(), error_kind::throttled);
    const nanos held = std::min(e_->back_off, 5 * second);
    time.pass(held - 1);
    EXPECT_TRUE(read(e_).settled_at_once()) << failed;
    time.pass(1);
  }
  EXPECT_GT(e_->back_off, 0);
}

TEST_F(engine_failure, throttling_that_no_reader_was_told_of_keeps_nobody_from_asking) {
  const read_request ahead[] = {request(e_)};
  EXPECT_TRUE(engine().prefetch(ahead, time.now()));
  fail(take_one(), passing_error());
  const reader first = read(e_);
  EXPECT_TRUE(first.waits()) << "after a prefetch";
  complete(take_one(), "one");
  EXPECT_EQ(first.text(), "one");
  time.pass(60 * second);
  const reader stale = read(e_);
  fail(take_one(), passing_error());
  EXPECT_EQ(stale.from(), origin::stale);
  EXPECT_TRUE(read(e_, {.stale_if_error = 0}).waits()) << "after the refresh of a stale value";
}

TEST_F(engine_failure, frozen_time_counts_as_back_off) {
  load_then_fail(e_, "one");
  time.freeze(31 * second);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_failure, definite_refusal_is_remembered_for_five_seconds) {
  (void)read(e_);
  fail(take_one(), definite_error(error_kind::access_denied));
  time.pass(5 * second - 1);
  const reader r = read(e_);
  ASSERT_TRUE(r.settled_at_once());
  EXPECT_EQ(r.failure(), error_kind::access_denied);
  EXPECT_EQ(engine().count().negative, 1U);
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_failure, every_definite_reason_is_remembered) {
  for (const error_kind kind :
       {error_kind::invalid_argument, error_kind::not_found, error_kind::access_denied,
        error_kind::decryption, error_kind::rejected, error_kind::credentials, error_kind::tls}) {
    engine().clear();
    (void)read(e_);
    fail(take_one(), definite_error(kind));
    const reader r = read(e_);
    ASSERT_TRUE(r.settled_at_once()) << to_string(kind);
    EXPECT_EQ(r.failure(), kind);
  }
}

TEST_F(engine_failure, cancelled_flight_is_not_remembered) {
  const reader r = read(e_);
  fail(take_one(), definite_error(error_kind::cancelled));
  EXPECT_EQ(r.failure(), error_kind::cancelled);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_failure, cancelled_flight_leaves_a_remembered_failure_as_it_is) {
  load_then_fail(e_, "one");
  (void)read(e_, forced);
  fail(take_one(), definite_error(error_kind::cancelled));
  EXPECT_EQ(read(e_).from(), origin::stale);
  EXPECT_EQ(e_->failures, 1);
}

TEST_F(engine_failure, forced_read_ignores_a_remembered_refusal) {
  (void)read(e_);
  fail(take_one(), definite_error(error_kind::not_found));
  const reader by_force = read(e_, forced);
  EXPECT_TRUE(by_force.waits());
  complete(take_one(), "created meanwhile");
  EXPECT_EQ(by_force.text(), "created meanwhile");
  EXPECT_EQ(read(e_).text(), "created meanwhile");
}

TEST_F(engine_failure, wall_clock_set_back_forgets_a_refusal) {
  (void)read(e_);
  fail(take_one(), definite_error(error_kind::access_denied));
  time.step_wall(-3600 * second);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_failure, not_found_drops_the_value) {
  load(e_, "one");
  (void)read(e_, forced);
  fail(take_one(), definite_error(error_kind::not_found));
  EXPECT_EQ(engine().count().entries, 0U);
  EXPECT_EQ(engine().count().bytes, 0U);
  EXPECT_EQ(read(e_, {.max_age = core::infinite}).failure(), error_kind::not_found);
}

TEST_F(engine_failure, access_denied_keeps_the_value_for_readers_with_a_larger_max_age) {
  load(e_, "one");
  time.pass(60 * second);
  const reader r = read(e_);
  fail(take_one(), definite_error(error_kind::access_denied));
  EXPECT_EQ(r.failure(), error_kind::access_denied);
  EXPECT_EQ(read(e_, {.max_age = 61 * second}).text(), "one");
  EXPECT_EQ(read(e_).failure(), error_kind::access_denied);
}

TEST_F(engine_failure, definite_refusal_ends_the_row_of_passing_failures) {
  load_then_fail(e_, "one");
  (void)read(e_, forced);
  fail(take_one(), definite_error(error_kind::access_denied));
  EXPECT_EQ(e_->failures, 0);
  EXPECT_EQ(read(e_).failure(), error_kind::access_denied);
}

TEST_F(engine_failure, failure_of_one_entry_is_not_another_entrys) {
  const entry_ptr b = open("/b");
  const reader ra = read(e_);
  const reader rb = read(b);
  const auto flights = take();
  fail(flights[0], definite_error(error_kind::access_denied));
  complete(flights[1], "b");
  EXPECT_EQ(ra.failure(), error_kind::access_denied);
  EXPECT_EQ(rb.text(), "b");
}

TEST_F(engine_failure, jitter_differs_by_seed) {
  const auto back_off_with = [](std::uint64_t seed) {
    cache::engine seeded({}, [] {}, seed);
    const test::fake_time now;
    const entry_ptr e = seeded.open("k", "/a", std::make_shared<test::fake_source>());
    const read_request one[] = {{.target = e}};
    (void)seeded.read(one, std::make_shared<test::recording_waiter>(), now.now());
    seeded.fail(seeded.take_work(now.now()).start[0].flights[0], passing_error(), now.now());
    return e->back_off;
  };
  std::set<nanos> delays;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    delays.insert(back_off_with(seed));
  EXPECT_GE(delays.size(), 19U);
}

}  // namespace
}  // namespace lambda_cache::cache
