#include "cache/slot.hpp"

#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::nanos;
using core::second;

// The slot reads the process's clocks, which these tests move and put back.
class slot_test : public test::engine_fixture {
 protected:
  void TearDown() override {
    core::shift(-wall_, -mono_, -boot_);
    engine_fixture::TearDown();
  }
  void shift(nanos wall, nanos mono, nanos boot) {
    core::shift(wall, mono, boot);
    wall_ += wall;
    mono_ += mono;
    boot_ += boot;
  }

  /// A value whose request was sent now, by the process's clocks.
  void load_now(const entry_ptr& into, const std::string& text, bool pinned = false) {
    (void)read(into, test::forced);
    complete_at(take_one(), text, 10, core::now(), pinned);
  }
  void take(slot& into, const entry_ptr& from, nanos max_age) {
    auto [value, generation] = engine().current(*from);
    into.take(std::move(value), generation, max_age);
  }

  entry_ptr e_ = open("/a");
  slot slot_;

 private:
  nanos wall_ = 0;
  nanos mono_ = 0;
  nanos boot_ = 0;
};

constexpr nanos long_time = 1'000 * second;

TEST_F(slot_test, empty_slot_is_no_hit) {
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, fresh_value_is_a_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  ASSERT_TRUE(slot_.is_hit(*e_));
  EXPECT_EQ(*slot_.value->as<std::string>(), "one");
}

TEST_F(slot_test, expired_value_is_no_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  shift(long_time, long_time, long_time);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, frozen_time_counts) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  shift(long_time, 0, 0);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, wall_clock_set_back_is_no_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  shift(-2 * second, 0, 0);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, new_value_ends_the_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  load_now(e_, "two");
  EXPECT_FALSE(slot_.is_hit(*e_));
  take(slot_, e_, long_time);
  ASSERT_TRUE(slot_.is_hit(*e_));
  EXPECT_EQ(*slot_.value->as<std::string>(), "two");
}

TEST_F(slot_test, invalidation_ends_the_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  engine().invalidate(e_);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, clear_ends_the_hit) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  engine().clear();
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, value_dropped_and_loaded_again_is_another_generation) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  engine().invalidate(e_);
  load_now(e_, "one");
  EXPECT_FALSE(slot_.is_hit(*e_)) << "the slot holds the value from before the invalidation";
}

TEST_F(slot_test, taking_nothing_is_no_hit_even_at_the_present_generation) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  engine().invalidate(e_);
  take(slot_, e_, long_time);
  EXPECT_FALSE(slot_.is_hit(*e_));
  EXPECT_EQ(slot_.value, nullptr) << "a dropped value is not held on to";
}

TEST_F(slot_test, pinned_version_does_not_expire) {
  load_now(e_, "one", /*pinned=*/true);
  take(slot_, e_, second);
  shift(long_time, long_time, long_time);
  EXPECT_TRUE(slot_.is_hit(*e_));
}

TEST_F(slot_test, forced_reader_never_hits_not_even_a_pinned_version) {
  load_now(e_, "one", /*pinned=*/true);
  take(slot_, e_, 0);
  EXPECT_FALSE(slot_.is_hit(*e_));
  load_now(e_, "two");
  take(slot_, e_, 0);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, infinite_max_age_does_not_expire) {
  load_now(e_, "one");
  take(slot_, e_, core::infinite);
  shift(long_time, 0, 0);
  EXPECT_TRUE(slot_.is_hit(*e_));
}

TEST_F(slot_test, hit_marks_the_entry_as_used) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  EXPECT_TRUE(slot_.is_hit(*e_));
  const auto before = e_->last_used.load();
  shift(5 * second, 5 * second, 5 * second);
  EXPECT_TRUE(slot_.is_hit(*e_));
  EXPECT_GE(e_->last_used.load(), before + 5);
}

TEST_F(slot_test, taken_after_a_freeze_it_hits_again_until_the_believed_age_expires) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  shift(400 * second, 0, 0);
  EXPECT_FALSE(slot_.is_hit(*e_)) << "the clocks disagree: the engine is asked";
  auto [value, generation] = engine().current(*e_);
  slot_.take(std::move(value), generation, long_time, 0, core::now());
  EXPECT_TRUE(slot_.is_hit(*e_));
  shift(500 * second, 500 * second, 500 * second);
  EXPECT_TRUE(slot_.is_hit(*e_));
  shift(100 * second, 100 * second, 100 * second);
  EXPECT_FALSE(slot_.is_hit(*e_)) << "the frozen time counts";
}

TEST_F(slot_test, taken_at_a_known_moment_it_is_never_younger) {
  load_now(e_, "one");
  shift(100 * second, 300 * second, 300 * second);  // the wall clock lags
  auto [value, generation] = engine().current(*e_);
  slot_.take(std::move(value), generation, core::infinite, 0, core::now());
  EXPECT_GE(core::coarse_wall() - slot_.wall, 300 * second);
  EXPECT_GE(core::coarse_mono() - slot_.mono, 300 * second);
}

TEST_F(slot_test, sources_moment_ends_the_hit) {
  (void)read(e_, test::forced);
  const core::instant now = core::now();
  complete_at(take_one(), "one", 10, now, /*pinned=*/true, now.wall + 100 * second);
  take(slot_, e_, core::infinite);
  EXPECT_EQ(slot_.max_age, 100 * second);
  EXPECT_TRUE(slot_.is_hit(*e_));
  shift(100 * second, 100 * second, 100 * second);
  EXPECT_FALSE(slot_.is_hit(*e_));
}

TEST_F(slot_test, sources_moment_beyond_the_readers_age_does_not_count) {
  (void)read(e_, test::forced);
  const core::instant now = core::now();
  complete_at(take_one(), "one", 10, now, false, now.wall + 100 * second);
  take(slot_, e_, 99 * second);
  EXPECT_EQ(slot_.max_age, 99 * second);
}

TEST_F(slot_test, same_value_with_a_new_age_is_another_generation) {
  load_now(e_, "one");
  take(slot_, e_, long_time);
  (void)read(e_, test::forced);
  // On the real clocks, as the value was: the fixture's are younger on a machine that is up for
  // long.
  engine().revalidate(take_one(), *slot_.value, core::now(), 0, time.now());
  EXPECT_FALSE(slot_.is_hit(*e_));
}

/// What slot::take() makes of a value of some age, for a reader that accepts 60 s.
core::nanos quick_age(nanos age, nanos refresh_ahead, nanos lifetime = 60 * second) {
  return unasked_until(age, lifetime, 60 * second, refresh_ahead);
}

TEST(slot_refresh_ahead, reader_comes_back_when_the_value_is_to_be_refreshed) {
  EXPECT_EQ(quick_age(0, 10 * second), 50 * second);
  EXPECT_EQ(quick_age(50 * second - 1, 10 * second), 50 * second);
}

TEST(slot_refresh_ahead, then_rests_up_to_the_full_age) {
  EXPECT_EQ(quick_age(50 * second, 10 * second), 50 * second + refresh_ahead_rest);
  EXPECT_EQ(quick_age(60 * second - refresh_ahead_rest - 1, 10 * second), 60 * second - 1);
  EXPECT_EQ(quick_age(60 * second - refresh_ahead_rest, 10 * second), 60 * second);
  EXPECT_EQ(quick_age(60 * second - 1, 10 * second), 60 * second);
}

TEST(slot_refresh_ahead, sources_moment_comes_first_if_it_does) {
  EXPECT_EQ(quick_age(0, 10 * second, 20 * second), 20 * second);
  EXPECT_EQ(quick_age(50 * second, 10 * second, 50 * second + 1), 50 * second + 1);
}

TEST(slot_refresh_ahead, nothing_changes_without_it_or_for_ever) {
  EXPECT_EQ(quick_age(55 * second, 0), 60 * second);
  EXPECT_EQ(unasked_until(second, core::infinite, core::infinite, second), core::infinite);
  EXPECT_EQ(unasked_until(second, core::infinite, 60 * second, second), core::infinite)
      << "a pinned version";
  EXPECT_EQ(unasked_until(0, 0, 0, second), 0) << "a forced reader";
}

TEST_F(slot_test, with_refresh_ahead_it_asks_rests_and_follows_the_refresh) {
  load_now(e_, "one");
  core::instant at = e_->current->request_start;
  const auto wait = [&](nanos duration) {
    at = {at.wall + duration, at.mono + duration, at.boot + duration};
  };
  const auto hits = [&] { return slot_.is_hit(*e_, {at.wall, at.mono}); };
  const auto take_then = [&] {
    auto [value, generation] = engine().current(*e_);
    slot_.take(std::move(value), generation, long_time, 100 * second, at);
  };
  take_then();
  wait(900 * second - 1);
  EXPECT_TRUE(hits());
  wait(1);
  EXPECT_FALSE(hits()) << "the engine is to be asked";
  take_then();
  EXPECT_TRUE(hits()) << "it has been asked";
  wait(refresh_ahead_rest - 1);
  EXPECT_TRUE(hits());
  wait(1);
  EXPECT_FALSE(hits()) << "once more";
  take_then();
  EXPECT_TRUE(hits());
  load_now(e_, "two");
  EXPECT_FALSE(hits()) << "the refresh has come";
}

}  // namespace
}  // namespace lambda_cache::cache
