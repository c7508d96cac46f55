// A source that asks another cache: what it brings may be older than the flight.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::second;
using test::forced;
using test::reader;

class caching_source : public test::fake_source {
 public:
  [[nodiscard]] bool brings_old() const noexcept override { return true; }
};

class engine_old_values : public test::engine_fixture {
 protected:
  /// A value that the source had for `age` already.
  void bring(const flight_ptr& done, const std::string& text, core::nanos age) {
    complete_at(done, text, 10, before(age));
  }
  [[nodiscard]] core::instant before(core::nanos age) const {
    const core::instant now = time.clocks();
    return {now.wall - age, now.mono - age, now.boot - age};
  }
  void bring_for_want_of_a_newer_one(const flight_ptr& done, const std::string& text,
                                     core::nanos age) {
    engine().fail(done, test::passing_error(error_kind::service), time.now(),
                  std::make_shared<const snapshot>(snapshot{
                      std::make_shared<const std::string>(text), 10, before(age), false, 0}));
  }

  entry_ptr e_ = open("/a", std::make_shared<caching_source>());
};

TEST_F(engine_old_values, a_flight_knows_what_its_most_demanding_reader_accepts) {
  (void)read(e_, {.max_age = 60 * second});
  (void)read(e_, {.max_age = 5 * second});
  (void)read(e_, {.max_age = core::infinite});
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_age(), 5 * second);
  EXPECT_FALSE(flying->forced());
}

TEST_F(engine_old_values, a_forced_read_accepts_nothing) {
  (void)read(e_, {.max_age = 60 * second});
  (void)read(e_, forced);
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_age(), 0);
  EXPECT_TRUE(flying->forced());
}

TEST_F(engine_old_values, who_accepts_less_than_the_flight_under_way_waits_for_the_next) {
  const reader patient = read(e_, {.max_age = 60 * second});
  const flight_ptr first = take_one();
  const reader same = read(e_, {.max_age = 60 * second});
  const reader demanding = read(e_, {.max_age = 5 * second});
  EXPECT_TRUE(take().empty());
  bring(first, "old", 50 * second);
  EXPECT_EQ(patient.text(), "old");
  EXPECT_EQ(same.text(), "old") << "one flight for all that accept it";
  EXPECT_TRUE(demanding.waits());
  const flight_ptr next = take_one();
  EXPECT_EQ(next->max_age(), 5 * second);
  bring(next, "new", second);
  EXPECT_EQ(demanding.text(), "new");
}

TEST_F(engine_old_values, other_sources_bring_what_is_as_young_as_the_flight) {
  const entry_ptr direct = open("/direct");
  const reader patient = read(direct, {.max_age = 60 * second});
  const flight_ptr only = take_one();
  const reader demanding = read(direct, {.max_age = 5 * second});
  complete(only, "one");
  EXPECT_EQ(demanding.text(), "one");
}

TEST_F(engine_old_values, the_age_that_a_value_came_with_counts) {
  const reader first = read(e_);
  bring(take_one(), "one", 40 * second);
  EXPECT_EQ(first.text(), "one");
  time.pass(20 * second - 1);
  EXPECT_TRUE(read(e_).settled_at_once());
  time.pass(1);
  EXPECT_TRUE(read(e_).waits());
}

TEST_F(engine_old_values, what_was_invalidated_is_asked_for_as_by_a_forced_read) {
  load(e_, "one");
  engine().invalidate(e_);
  const reader after = read(e_, {.max_age = 60 * second});
  const flight_ptr flying = take_one();
  EXPECT_EQ(flying->max_age(), 0);
  fail(flying, test::passing_error());
  time.pass(60 * second);
  (void)read(e_);
  const flight_ptr again = take_one();
  EXPECT_EQ(again->max_age(), 0) << "until a value has come";
  complete(again, "two");
  time.pass(60 * second);
  (void)read(e_);
  EXPECT_EQ(take_one()->max_age(), 60 * second);
}

TEST_F(engine_old_values, a_flight_that_was_invalidated_under_way_is_none_of_it) {
  (void)read(e_);
  const flight_ptr before_it = take_one();
  engine().clear();
  bring(before_it, "old", 10 * second);
  (void)read(e_);
  EXPECT_EQ(take_one()->max_age(), 0);
}

TEST_F(engine_old_values, a_refresh_ahead_accepts_what_needs_none) {
  load(e_, "one");
  time.pass(50 * second);
  (void)read(e_, {.max_age = 60 * second, .refresh_ahead = 15 * second});
  EXPECT_EQ(take_one()->max_age(), 45 * second);
}

TEST_F(engine_old_values, a_prefetch_accepts_what_its_reader_will) {
  const read_request one[] = {request(e_, {.max_age = 30 * second})};
  EXPECT_TRUE(engine().prefetch(one, time.now()));
  EXPECT_EQ(take_one()->max_age(), 30 * second);
}

TEST_F(engine_old_values, an_older_value_is_served_to_those_who_accept_a_stale_one) {
  const reader tolerant = read(e_, {.max_age = 60 * second, .stale_if_error = 300 * second});
  const reader strict = read(e_, {.max_age = 60 * second, .stale_if_error = 0});
  const reader short_of_it = read(e_, {.max_age = 60 * second, .stale_if_error = 30 * second});
  bring_for_want_of_a_newer_one(take_one(), "old", 100 * second);
  EXPECT_EQ(tolerant.text(), "old");
  EXPECT_EQ(tolerant.from(), origin::stale);
  EXPECT_EQ(tolerant.failure(), error_kind::service);
  EXPECT_EQ(strict.from(), origin::failed);
  EXPECT_EQ(short_of_it.from(), origin::failed);
  // It is kept like any other, and the back-off keeps readers from asking at once.
  const reader later = read(e_);
  ASSERT_TRUE(later.settled_at_once());
  EXPECT_EQ(later.from(), origin::stale);
  EXPECT_EQ(read(e_, {.max_age = 200 * second}).from(), origin::hit);
  EXPECT_EQ(engine().count().stale, 2U);
}

TEST_F(engine_old_values, an_older_value_replaces_no_younger_one) {
  load(e_, "young");
  time.pass(70 * second);
  const reader tolerant = read(e_);
  bring_for_want_of_a_newer_one(take_one(), "old", 100 * second);
  EXPECT_EQ(tolerant.text(), "young");
  EXPECT_EQ(tolerant.from(), origin::stale);
}

TEST_F(engine_old_values, the_back_off_grows_while_only_old_values_come) {
  load(e_, "one");
  for (int i = 0; i < 3; ++i) {
    time.pass(60 * second);
    (void)read(e_);
    bring_for_want_of_a_newer_one(take_one(), "old", 65 * second);
    EXPECT_EQ(e_->failures, i + 1);
  }
}

}  // namespace
}  // namespace lambda_cache::cache
