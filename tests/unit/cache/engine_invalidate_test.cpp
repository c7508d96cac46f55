// Invalidation: what left before it never comes back.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::second;
using test::forced;
using test::reader;

class engine_invalidate : public test::engine_fixture {
 protected:
  entry_ptr e_ = open("/a");
};

TEST_F(engine_invalidate, value_is_gone) {
  load(e_, "one");
  engine().invalidate(e_);
  EXPECT_EQ(engine().count().entries, 0U);
  EXPECT_EQ(engine().count().bytes, 0U);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, generation_changes) {
  load(e_, "one");
  const auto before = engine().current(*e_).second;
  engine().invalidate(e_);
  const auto [value, after] = engine().current(*e_);
  EXPECT_NE(before, after);
  EXPECT_EQ(value, nullptr);
}

TEST_F(engine_invalidate, late_load_reaches_its_waiters_but_is_not_kept) {
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  complete(flying, "late");
  EXPECT_EQ(before.text(), "late");
  EXPECT_EQ(engine().count().entries, 0U);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, reader_after_it_does_not_join_the_flight_from_before) {
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  const reader after = read(e_, {.max_age = core::infinite});
  EXPECT_NE(after.admitted.place.flight, flying);
  complete(flying, "old");
  EXPECT_EQ(before.text(), "old");
  EXPECT_TRUE(after.waits());
  complete(take_one(), "new");
  EXPECT_EQ(after.text(), "new");
  EXPECT_EQ(read(e_).text(), "new");
}

TEST_F(engine_invalidate, queued_flight_counts_as_after_it) {
  const reader before = read(e_);
  engine().invalidate(e_);
  const reader after = read(e_);
  EXPECT_EQ(after.admitted.place.flight, before.admitted.place.flight) << "nothing was sent yet";
  complete(take_one(), "new");
  EXPECT_EQ(before.text(), "new");
  EXPECT_EQ(read(e_).text(), "new");
}

TEST_F(engine_invalidate, next_flight_is_kept_when_the_one_from_before_lands) {
  (void)read(e_);
  const flight_ptr old = take_one();
  const core::instant sent = time.clocks();
  const reader next = read(e_, forced);
  time.pass(second);
  engine().invalidate(e_);
  complete_at(old, "old", 10, sent);
  EXPECT_EQ(engine().count().entries, 0U);
  complete(take_one(), "new");
  EXPECT_EQ(next.text(), "new");
  EXPECT_EQ(read(e_).text(), "new");
}

TEST_F(engine_invalidate, twice_during_one_flight_is_like_once) {
  (void)read(e_);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  engine().invalidate(e_);
  complete(flying, "late");
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, failure_of_a_flight_from_before_is_not_remembered) {
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  fail(flying, test::definite_error(error_kind::not_found));
  EXPECT_EQ(before.failure(), error_kind::not_found);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, no_stale_value_from_before_is_served_after_it) {
  load(e_, "one");
  time.pass(60 * second);
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  engine().invalidate(e_);
  fail(flying, test::passing_error());
  EXPECT_EQ(before.from(), origin::failed);
}

TEST_F(engine_invalidate, forgets_a_remembered_refusal) {
  (void)read(e_);
  fail(take_one(), test::definite_error(error_kind::access_denied));
  engine().invalidate(e_);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, forgets_the_back_off) {
  load_then_fail(e_, "one");
  engine().invalidate(e_);
  EXPECT_EQ(e_->failures, 0);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_invalidate, leaves_other_entries_alone) {
  const entry_ptr b = open("/b");
  load(e_, "a");
  load(b, "b");
  engine().invalidate(e_);
  EXPECT_EQ(read(b).text(), "b");
}

TEST_F(engine_invalidate, clear_forgets_every_value_and_failure) {
  const entry_ptr b = open("/b");
  const entry_ptr c = open("/c");
  load(e_, "a");
  load(b, "b");
  (void)read(c);
  fail(take_one(), test::definite_error(error_kind::not_found));
  engine().clear();
  EXPECT_EQ(engine().count().entries, 0U);
  EXPECT_EQ(engine().count().bytes, 0U);
  for (const entry_ptr& e : {e_, b, c})
    EXPECT_TRUE(read(e).waits()) << e->locator;
}

TEST_F(engine_invalidate, clear_keeps_late_loads_out) {
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  engine().clear();
  complete(flying, "late");
  EXPECT_EQ(before.text(), "late");
  EXPECT_EQ(engine().count().entries, 0U);
}

TEST_F(engine_invalidate, clear_twice_and_of_nothing_is_harmless) {
  engine().clear();
  load(e_, "a");
  engine().clear();
  engine().clear();
  EXPECT_EQ(engine().count().entries, 0U);
}

}  // namespace
}  // namespace lambda_cache::cache
