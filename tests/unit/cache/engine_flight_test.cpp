// Who shares whose flight.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::millisecond;
using core::second;
using test::forced;
using test::reader;

class engine_flight : public test::engine_fixture {
 protected:
  entry_ptr e_ = open("/a");
};

TEST_F(engine_flight, first_read_leads_a_flight) {
  const reader first = read(e_);
  EXPECT_TRUE(first.waits());
  EXPECT_EQ(wakes, 1);
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->target(), e_);
  complete(flying, "one");
  EXPECT_EQ(first.text(), "one");
  EXPECT_EQ(first.from(), origin::fetched);
  EXPECT_EQ(engine().count().misses, 1U);
  EXPECT_EQ(engine().count().loads, 1U);
}

TEST_F(engine_flight, fresh_value_is_given_at_once) {
  load(e_, "one");
  wakes = 0;
  const reader second_read = read(e_);
  ASSERT_TRUE(second_read.settled_at_once());
  EXPECT_EQ(second_read.from(), origin::hit);
  EXPECT_EQ(second_read.text(), "one");
  EXPECT_FALSE(second_read.outcome().failure.has_value());
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(engine().count().hits, 1U);
}

TEST_F(engine_flight, value_expires_at_max_age_and_not_before) {
  load(e_, "one");
  time.pass(60 * second - 1);
  EXPECT_TRUE(read(e_).settled_at_once());
  time.pass(1);
  const reader at = read(e_);
  EXPECT_TRUE(at.waits());
  complete(take_one(), "two");
  EXPECT_EQ(at.text(), "two");
}

TEST_F(engine_flight, freshness_belongs_to_the_reader) {
  load(e_, "one");
  time.pass(30 * second);
  EXPECT_TRUE(read(e_, {.max_age = 31 * second}).settled_at_once());
  EXPECT_TRUE(read(e_, {.max_age = 30 * second}).waits());
  EXPECT_TRUE(read(e_, {.max_age = core::infinite}).settled_at_once());
}

TEST_F(engine_flight, age_counts_from_the_start_of_the_request) {
  const reader first = read(e_);
  const flight_ptr flying = take_one();
  const core::instant sent = time.clocks();
  time.pass(5 * second);
  complete_at(flying, "slow", 10, sent);
  EXPECT_EQ(first.text(), "slow");
  time.pass(55 * second);
  EXPECT_TRUE(read(e_).waits()) << "60 s after the request, 55 after the answer";
}

// A reader reads its clocks, waits for the lock, and finds a flight that started meanwhile:
// 64 threads on two processors made two requests for one value now and then.
TEST_F(engine_flight, a_flight_that_started_after_the_reader_looked_at_its_clocks_is_joined) {
  const reader first = read(e_);
  const core::moment before = time.now();
  time.pass(4 * millisecond);
  const flight_ptr flying = take_one();
  reader late{std::make_shared<test::recording_waiter>(), {}};
  const read_request one[] = {request(e_)};
  late.admitted = std::move(engine().read(one, late.who, before).at(0));
  EXPECT_TRUE(take().empty()) << "no second flight";
  complete(flying, "one");
  EXPECT_EQ(first.text(), "one");
  EXPECT_EQ(late.text(), "one");
  EXPECT_EQ(engine().count().misses, 1U);
  EXPECT_EQ(engine().count().joins, 1U);
}

TEST_F(engine_flight, a_value_that_came_after_the_reader_looked_at_its_clocks_is_a_hit) {
  const core::moment before = time.now();
  time.pass(4 * millisecond);
  load(e_, "one");
  const read_request one[] = {request(e_)};
  const auto who = std::make_shared<test::recording_waiter>();
  const auto admitted = std::move(engine().read(one, who, before).at(0));
  ASSERT_TRUE(admitted.settled.has_value());
  EXPECT_EQ(admitted.settled->from, origin::hit);
}

TEST_F(engine_flight, sixty_four_readers_make_one_flight) {
  load(e_, "one");
  time.pass(60 * second);
  std::vector<reader> readers;
  readers.reserve(64);
  for (int i = 0; i < 32; ++i)
    readers.push_back(read(e_));
  const flight_ptr flying = take_one();
  for (int i = 0; i < 32; ++i)
    readers.push_back(read(e_));
  EXPECT_TRUE(take().empty());
  complete(flying, "two");
  for (const reader& r : readers)
    EXPECT_EQ(r.text(), "two");
  EXPECT_EQ(engine().count().joins, 63U);
  EXPECT_EQ(engine().count().loads, 2U);
}

TEST_F(engine_flight, reader_joins_a_running_flight_younger_than_its_max_age) {
  (void)read(e_);
  const flight_ptr flying = take_one();
  time.pass(2 * second);
  const reader joins = read(e_, {.max_age = 2 * second + 1});
  EXPECT_EQ(joins.admitted.place.flight, flying);
}

TEST_F(engine_flight, reader_does_not_join_a_running_flight_as_old_as_its_max_age) {
  const reader first = read(e_);
  const flight_ptr flying = take_one();
  const core::instant sent = time.clocks();
  time.pass(2 * second);
  const reader picky = read(e_, {.max_age = 2 * second});
  EXPECT_NE(picky.admitted.place.flight, flying);
  EXPECT_TRUE(take().empty()) << "one at a time: it waits for the running one to land";
  complete_at(flying, "old", 10, sent);
  EXPECT_EQ(first.text(), "old");
  EXPECT_TRUE(picky.waits());
  complete(take_one(), "new");
  EXPECT_EQ(picky.text(), "new");
}

TEST_F(engine_flight, frozen_time_makes_a_running_flight_older) {
  (void)read(e_);
  const flight_ptr flying = take_one();
  time.freeze(60 * second);
  EXPECT_NE(read(e_).admitted.place.flight, flying);
}

TEST_F(engine_flight, forced_read_ignores_a_fresh_value) {
  load(e_, "one");
  const reader r = read(e_, forced);
  EXPECT_TRUE(r.waits());
  complete(take_one(), "two");
  EXPECT_EQ(r.text(), "two");
  EXPECT_EQ(read(e_).text(), "two");
}

TEST_F(engine_flight, forced_read_joins_a_queued_flight) {
  const reader first = read(e_);
  const reader by_force = read(e_, forced);
  EXPECT_EQ(by_force.admitted.place.flight, first.admitted.place.flight);
  complete(take_one(), "one");
  EXPECT_EQ(by_force.text(), "one");
}

TEST_F(engine_flight, forced_read_during_a_running_flight_gets_a_value_requested_after_it_asked) {
  const reader first = read(e_);
  const flight_ptr running = take_one();
  const core::instant sent = time.clocks();
  time.pass(millisecond);
  const core::instant asked = time.clocks();
  const reader by_force = read(e_, forced);
  EXPECT_TRUE(take().empty());
  time.pass(millisecond);
  wakes = 0;
  complete_at(running, "requested before", 10, sent);
  EXPECT_EQ(wakes, 1) << "the next flight is work";
  EXPECT_EQ(first.text(), "requested before");
  EXPECT_TRUE(by_force.waits());
  complete(take_one(), "requested after");
  EXPECT_EQ(by_force.text(), "requested after");
  EXPECT_GE(by_force.outcome().value->request_start.mono, asked.mono);
}

TEST_F(engine_flight, forced_readers_make_at_most_one_running_and_one_next) {
  (void)read(e_, forced);
  const flight_ptr running = take_one();
  std::vector<reader> readers;
  readers.reserve(10);
  for (int i = 0; i < 10; ++i)
    readers.push_back(read(e_, forced));
  EXPECT_EQ(engine().count().flights, 2U);
  EXPECT_TRUE(take().empty());
  complete(running, "one");
  const flight_ptr next = take_one();
  EXPECT_EQ(engine().count().flights, 1U);
  complete(next, "two");
  for (const reader& r : readers)
    EXPECT_EQ(r.text(), "two");
}

TEST_F(engine_flight, forced_read_waits_behind_a_failing_flight_too) {
  const reader first = read(e_);
  const flight_ptr running = take_one();
  const reader by_force = read(e_, forced);
  wakes = 0;
  fail(running, test::passing_error());
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(first.failure(), error_kind::throttled);
  EXPECT_TRUE(by_force.waits());
  complete(take_one(), "value");
  EXPECT_EQ(by_force.text(), "value");
}

TEST_F(engine_flight, value_requested_earlier_does_not_replace_a_later_one) {
  const core::instant early = time.clocks();
  time.pass(second);
  load(e_, "later");
  const reader r = read(e_, forced);
  complete_at(take_one(), "earlier", 10, early);
  EXPECT_EQ(r.text(), "earlier");
  EXPECT_EQ(read(e_).text(), "later");
}

TEST_F(engine_flight, later_value_is_known_by_the_monotonic_clock_when_the_wall_clock_goes_back) {
  const core::instant early = time.clocks();
  time.pass(second);
  time.step_wall(-3600 * second);
  load(e_, "later");
  (void)read(e_, forced);
  complete_at(take_one(), "earlier", 10, early);
  EXPECT_EQ(read(e_).text(), "later");
}

TEST_F(engine_flight, pinned_version_is_never_read_again_except_by_force) {
  (void)read(e_);
  complete_at(take_one(), "v3", 10, time.clocks(), /*pinned=*/true);
  time.pass(24 * 3600 * second);
  const reader later = read(e_, {.max_age = 1});
  EXPECT_EQ(later.from(), origin::hit);
  const reader by_force = read(e_, forced);
  EXPECT_TRUE(by_force.waits());
}

TEST_F(engine_flight, reads_that_miss_together_start_together_grouped_by_source) {
  const auto source_x = std::make_shared<test::fake_source>();
  const auto source_y = std::make_shared<test::fake_source>();
  const read_request requests[] = {request(open("/x1", source_x)), request(open("/y1", source_y)),
                                   request(open("/x2", source_x)), request(open("/y2", source_y))};
  const auto who = std::make_shared<test::recording_waiter>();
  const auto admitted = engine().read(requests, who, time.now());
  EXPECT_EQ(admitted.size(), 4U);
  EXPECT_EQ(wakes, 1);

  const work todo = engine().take_work(time.now());
  ASSERT_EQ(todo.start.size(), 2U);
  EXPECT_EQ(todo.start[0].from, source_x);
  EXPECT_EQ(todo.start[1].from, source_y);
  for (const auto& batch : todo.start) {
    ASSERT_EQ(batch.flights.size(), 2U);
    for (const flight_ptr& flying : batch.flights) {
      EXPECT_EQ(flying->target()->origin, batch.from);
      complete(flying, flying->target()->locator);
    }
  }
  EXPECT_EQ(who->indices, (std::vector<std::size_t>{0, 2, 1, 3}));
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(*who->outcomes[i].value->as<std::string>(),
              requests[who->indices[i]].target->locator);
}

TEST_F(engine_flight, hits_and_misses_of_one_read_are_told_apart) {
  load(e_, "here");
  const read_request requests[] = {request(open("/missing")), request(e_)};
  const auto who = std::make_shared<test::recording_waiter>();
  const auto admitted = engine().read(requests, who, time.now());
  EXPECT_FALSE(admitted[0].settled.has_value());
  ASSERT_TRUE(admitted[1].settled.has_value());
  EXPECT_EQ(admitted[1].settled->from, origin::hit);
}

TEST_F(engine_flight, one_entry_twice_in_one_read_is_one_flight_and_two_outcomes) {
  const read_request requests[] = {request(e_), request(e_)};
  const auto who = std::make_shared<test::recording_waiter>();
  (void)engine().read(requests, who, time.now());
  complete(take_one(), "one");
  EXPECT_EQ(who->indices, (std::vector<std::size_t>{0, 1}));
}

TEST_F(engine_flight, settling_twice_is_harmless) {
  const reader first = read(e_);
  const flight_ptr flying = take_one();
  complete(flying, "one");
  complete(flying, "again");
  fail(flying, test::definite_error(error_kind::not_found));
  EXPECT_EQ(first.text(), "one");
  EXPECT_EQ(read(e_).text(), "one");
  EXPECT_EQ(engine().count().loads, 1U);
  EXPECT_EQ(engine().count().failures, 0U);
}

TEST_F(engine_flight, queued_flight_cannot_be_settled) {
  const reader r = read(e_);
  complete(r.admitted.place.flight, "from nowhere");
  fail(r.admitted.place.flight, test::passing_error());
  EXPECT_TRUE(r.waits());
  complete(take_one(), "one");
  EXPECT_EQ(r.text(), "one");
}

TEST_F(engine_flight, wake_is_called_exactly_when_there_is_new_work) {
  (void)read(e_);
  EXPECT_EQ(wakes, 1);
  (void)read(e_);
  EXPECT_EQ(wakes, 1) << "joining is no work";
  const flight_ptr running = take_one();
  (void)read(e_);
  (void)read(e_, forced);
  EXPECT_EQ(wakes, 1) << "the next flight is no work before the running one lands";
  complete(running, "one");
  EXPECT_EQ(wakes, 2);
  const flight_ptr next = take_one();
  (void)read(open("/b"));
  EXPECT_EQ(wakes, 3);
  complete(next, "two");
  EXPECT_EQ(wakes, 3) << "landing alone is no work, though another flight is queued";
}

}  // namespace
}  // namespace lambda_cache::cache
