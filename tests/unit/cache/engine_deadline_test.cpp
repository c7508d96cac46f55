// Waiters with deadlines of their own, and flights that nobody waits for any more.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::second;
using test::forced;
using test::reader;

class engine_deadline : public test::engine_fixture {
 protected:
  entry_ptr e_ = open("/a");
};

TEST_F(engine_deadline, waiter_leaves_with_a_timeout_that_names_the_entry) {
  const reader r = read(e_, {.timeout = 100 * millisecond});
  EXPECT_EQ(r.admitted.wake_at, time.in(100 * millisecond));
  time.pass(100 * millisecond);
  const auto left = leave(r);
  ASSERT_TRUE(left.has_value());
  EXPECT_FALSE(left->ok());
  EXPECT_EQ(left->from, origin::failed);
  EXPECT_EQ(left->failure->kind, error_kind::timeout);
  EXPECT_TRUE(left->failure->retryable);
  EXPECT_EQ(left->failure->name, "/a");
  EXPECT_NE(left->failure->message.find("/a"), std::string::npos);
}

TEST_F(engine_deadline, flight_lives_to_the_latest_deadline) {
  const reader first = read(e_, {.timeout = 2 * second});
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->deadline(), time.in(2 * second));
  const auto latest = time.in(10 * second);
  (void)read(e_, {.timeout = 10 * second});
  EXPECT_EQ(flying->deadline(), latest);
  (void)read(e_, {.timeout = 1 * second});
  EXPECT_EQ(flying->deadline(), latest) << "a shorter one does not cut it";
}

TEST_F(engine_deadline, reader_without_a_deadline_waits_for_ever) {
  const auto who = std::make_shared<test::recording_waiter>();
  const read_request requests[] = {{.target = e_}};
  const auto admitted = engine().read(requests, who, time.now());
  EXPECT_EQ(admitted[0].wake_at, core::no_deadline);
  EXPECT_EQ(take_one()->deadline(), core::no_deadline);
}

TEST_F(engine_deadline, waiter_with_a_short_deadline_does_not_spoil_the_flight_for_others) {
  const reader hasty = read(e_, {.timeout = 100 * millisecond});
  const reader patient = read(e_, {.timeout = 10 * second});
  const flight_ptr flying = take_one();
  time.pass(100 * millisecond);
  EXPECT_TRUE(leave(hasty).has_value());
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(abandoned.empty());
  complete(flying, "one");
  EXPECT_EQ(patient.text(), "one");
  EXPECT_TRUE(hasty.who->outcomes.empty()) << "who has left gets nothing more";
}

TEST_F(engine_deadline, last_waiter_to_leave_abandons_the_running_flight) {
  const reader a = read(e_);
  const reader b = read(e_);
  const flight_ptr flying = take_one();
  wakes = 0;
  (void)leave(a);
  EXPECT_EQ(wakes, 0);
  (void)leave(b);
  EXPECT_EQ(wakes, 1) << "cancelling is work";
  EXPECT_TRUE(take().empty());
  ASSERT_EQ(abandoned.size(), 1U);
  EXPECT_EQ(abandoned.front(), flying);
  EXPECT_EQ(engine().count().flights, 0U);
}

TEST_F(engine_deadline, abandoned_queued_flight_never_starts) {
  (void)leave(read(e_));
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(abandoned.empty()) << "nothing was sent, nothing is cancelled";
  EXPECT_EQ(engine().count().flights, 0U);
}

TEST_F(engine_deadline, abandoned_next_flight_leaves_the_running_one_alone) {
  const reader first = read(e_);
  const flight_ptr running = take_one();
  (void)leave(read(e_, forced));
  EXPECT_EQ(engine().count().flights, 1U);
  wakes = 0;
  complete(running, "one");
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(first.text(), "one");
}

TEST_F(engine_deadline, abandoning_the_running_flight_starts_the_next) {
  const reader first = read(e_);
  (void)take_one();
  const reader by_force = read(e_, forced);
  (void)leave(first);
  const flight_ptr next = take_one();
  EXPECT_EQ(abandoned.size(), 1U);
  complete(next, "two");
  EXPECT_EQ(by_force.text(), "two");
}

// The old call may settle long after a new flight on the same entry took over.
TEST_F(engine_deadline, refresh_stale_completion_does_not_discard_successor) {
  const reader first = read(e_);
  const flight_ptr old = take_one();
  const core::instant sent = time.clocks();
  (void)leave(first);
  const reader second_read = read(e_);
  const flight_ptr successor = take_one();
  ASSERT_NE(old, successor);

  complete_at(old, "late", 10, sent);
  EXPECT_TRUE(second_read.waits());
  EXPECT_EQ(engine().count().flights, 1U);
  EXPECT_TRUE(read(e_).waits()) << "a value of an abandoned flight is not kept";
  complete(successor, "right");
  EXPECT_EQ(second_read.text(), "right");
  complete_at(old, "late again", 10, sent);
  EXPECT_EQ(read(e_).text(), "right");
}

TEST_F(engine_deadline, late_failure_of_an_abandoned_flight_is_not_remembered) {
  const reader first = read(e_);
  const flight_ptr old = take_one();
  (void)leave(first);
  fail(old, test::definite_error(error_kind::not_found));
  EXPECT_TRUE(read(e_).waits());
  EXPECT_EQ(engine().count().failures, 0U);
}

TEST_F(engine_deadline, leaving_after_the_outcome_gives_nothing) {
  const reader r = read(e_);
  complete(take_one(), "one");
  EXPECT_FALSE(leave(r).has_value());
  EXPECT_EQ(r.text(), "one");
}

TEST_F(engine_deadline, leaving_while_the_outcome_is_on_its_way_gives_nothing) {
  const reader r = read(e_);
  bool left = true;
  r.who->on_settled = [&] { left = leave(r).has_value(); };
  complete(take_one(), "one");
  EXPECT_FALSE(left) << "else the reader would be settled twice";
}

TEST_F(engine_deadline, leaving_a_read_that_was_settled_at_once_gives_nothing) {
  load(e_, "one");
  EXPECT_FALSE(leave(read(e_)).has_value());
}

TEST_F(engine_deadline, forced_waiter_leaves_with_an_error_even_beside_a_fresh_value) {
  load(e_, "one");
  const reader r = read(e_, forced);
  time.pass(10 * second);
  const auto left = leave(r);
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->failure->kind, error_kind::timeout);
}

TEST_F(engine_deadline, attempts_are_what_the_most_demanding_waiter_asks) {
  const reader one = read(e_, {.max_attempts = 1});
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_attempts(), 1);
  (void)read(e_, {.max_attempts = 5});
  EXPECT_EQ(flying->max_attempts(), 5);
  (void)read(e_, {.max_attempts = 2});
  EXPECT_EQ(flying->max_attempts(), 5);
}

TEST_F(engine_deadline, leaving_one_place_of_several_keeps_the_others) {
  const entry_ptr b = open("/b");
  const auto who = std::make_shared<test::recording_waiter>();
  const read_request requests[] = {request(e_), request(b)};
  const auto admitted = engine().read(requests, who, time.now());
  const auto flights = take();
  ASSERT_EQ(flights.size(), 2U);
  EXPECT_TRUE(engine().leave(admitted[0].place, time.now()).has_value());
  complete(flights[1], "b");
  EXPECT_EQ(who->indices, std::vector<std::size_t>{1});
  EXPECT_FALSE(engine().leave(admitted[1].place, time.now()).has_value());
}

}  // namespace
}  // namespace lambda_cache::cache
