#include "cache/policy.hpp"

#include "support/fake_time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

namespace lambda_cache::cache {
namespace {

using core::infinite;
using core::millisecond;
using core::nanos;
using core::second;
using test::fake_time;

constexpr nanos max_age = 60 * second;

bool fresh_after(const fake_time& start, const fake_time& end, nanos limit = max_age) {
  return is_fresh(age_of(start.clocks(), end.clocks()), limit);
}

bool quick_fresh_after(const fake_time& start, const fake_time& end, nanos limit = max_age) {
  return quick_fresh(end.clocks().wall - start.clocks().wall,
                     end.clocks().mono - start.clocks().mono, limit);
}

TEST(policy, age_below_max_age_is_fresh_and_from_max_age_on_expired) {
  for (const auto& [age, fresh] :
       {std::pair{max_age - 1, true}, std::pair{max_age, false}, std::pair{max_age + 1, false}}) {
    const fake_time start;
    fake_time end = start;
    end.pass(age);
    EXPECT_EQ(fresh_after(start, end), fresh) << age;
    EXPECT_EQ(quick_fresh_after(start, end), fresh) << age;
  }
}

TEST(policy, max_age_zero_is_never_fresh) {
  const fake_time start;
  EXPECT_FALSE(fresh_after(start, start, 0));
  EXPECT_FALSE(quick_fresh_after(start, start, 0));
}

TEST(policy, infinity_never_expires) {
  const fake_time start;
  fake_time end = start;
  end.pass(100L * 365 * 24 * 3600 * second);
  EXPECT_TRUE(fresh_after(start, end, infinite));
  EXPECT_TRUE(quick_fresh_after(start, end, infinite));
  end.freeze(3600 * second);
  EXPECT_TRUE(fresh_after(start, end, infinite));
  EXPECT_TRUE(quick_fresh_after(start, end, infinite));
  end.step_wall(-2 * 3600 * second);
  EXPECT_TRUE(fresh_after(start, end, infinite));
}

TEST(policy, freeze_counts_by_the_wall_clock) {
  const fake_time start;
  fake_time end = start;
  end.freeze(max_age);
  EXPECT_FALSE(fresh_after(start, end));
  EXPECT_FALSE(quick_fresh_after(start, end));
  EXPECT_EQ(age_of(start.clocks(), end.clocks()).age, max_age);
}

TEST(policy, freeze_shorter_than_max_age_stays_fresh_by_the_slow_path_only) {
  const fake_time start;
  fake_time end = start;
  end.freeze(10 * second);
  EXPECT_TRUE(fresh_after(start, end));
  EXPECT_FALSE(quick_fresh_after(start, end)) << "the clocks disagree: every clock is asked";
}

TEST(policy, suspend_counts_by_the_boot_clock) {
  const fake_time start;
  fake_time end = start;
  end.suspend(max_age);
  end.step_wall(-max_age);  // as if the wall clock had not counted either
  const auto reading = age_of(start.clocks(), end.clocks());
  EXPECT_EQ(reading.age, max_age);
  EXPECT_FALSE(fresh_after(start, end));
}

TEST(policy, wall_clock_set_forward_makes_older) {
  const fake_time start;
  fake_time end = start;
  end.step_wall(max_age);
  EXPECT_FALSE(fresh_after(start, end));
  EXPECT_FALSE(quick_fresh_after(start, end));
}

TEST(policy, wall_clock_set_back_expires) {
  for (const nanos back : {2 * second, 59 * second, 3600 * second}) {
    const fake_time start;
    fake_time end = start;
    end.pass(10 * second);
    end.step_wall(-back);
    EXPECT_TRUE(age_of(start.clocks(), end.clocks()).wall_went_back) << back;
    EXPECT_FALSE(fresh_after(start, end)) << back;
    EXPECT_FALSE(quick_fresh_after(start, end)) << back;
    EXPECT_EQ(age_of(start.clocks(), end.clocks()).age, 10 * second) << back;
  }
}

TEST(policy, wall_clock_behind_the_start_by_more_than_its_resolution_expires) {
  const fake_time start;
  fake_time end = start;
  end.step_wall(-clock_resolution);
  EXPECT_TRUE(fresh_after(start, end));
  end.step_wall(-1);
  EXPECT_FALSE(fresh_after(start, end));
  EXPECT_FALSE(quick_fresh_after(start, end));
  EXPECT_EQ(age_of(start.clocks(), end.clocks()).age, 0) << "no age is negative";
}

TEST(policy, clocks_read_just_before_the_stamp_are_no_clocks_that_went_back) {
  fake_time reader;
  fake_time stamp = reader;
  stamp.pass(4 * millisecond);  // one tick later
  const auto reading = age_of(stamp.clocks(), reader.clocks());
  EXPECT_EQ(reading.age, 0);
  EXPECT_FALSE(reading.wall_went_back);
  EXPECT_FALSE(is_fresh(reading, 0)) << "a forced read is still forced";
}

TEST(policy, slewed_wall_clock_is_no_step) {
  const fake_time start;
  fake_time end = start;
  end.pass(3600 * second);
  end.step_wall(-1800 * millisecond);  // 500 ppm for an hour
  EXPECT_TRUE(fresh_after(start, end, 7200 * second));
}

TEST(policy, quick_path_tolerates_one_second_between_the_clocks_and_no_more) {
  const fake_time start;
  for (const nanos apart : {second - 1, second}) {
    fake_time end = start;
    end.pass(10 * second);
    end.step_wall(apart);
    EXPECT_TRUE(quick_fresh_after(start, end)) << apart;
    end.step_wall(-2 * apart);
    EXPECT_TRUE(quick_fresh_after(start, end)) << -apart;
  }
  fake_time ahead = start;
  ahead.pass(10 * second);
  ahead.step_wall(second + 1);
  EXPECT_FALSE(quick_fresh_after(start, ahead));
  fake_time behind = start;
  behind.pass(10 * second);
  behind.step_wall(-second - 1);
  EXPECT_FALSE(quick_fresh_after(start, behind));
}

// What the quick path lets through, every clock must agree to; and where the clocks agree with
// each other, the quick path must not send anybody away.
TEST(policy, quick_path_agrees_with_the_full_rule) {
  std::mt19937_64 random(1);
  const auto between = [&](nanos low, nanos high) {
    return std::uniform_int_distribution<nanos>(low, high)(random);
  };
  int let_through = 0;
  for (int i = 0; i < 200'000; ++i) {
    const fake_time start;
    fake_time end = start;
    end.pass(between(0, 70 * second));
    const bool apart = random() % 2 == 0;
    if (apart) {
      end.step_wall(between(-3 * second, 3 * second));
      if (random() % 2 == 0) end.suspend(between(0, 3 * second));
    }
    const nanos limit = between(0, 70 * second);
    const bool quick = quick_fresh_after(start, end, limit);
    const bool full = fresh_after(start, end, limit);
    let_through += quick ? 1 : 0;
    if (quick &&
        end.clocks().boot - start.clocks().boot == end.clocks().mono - start.clocks().mono) {
      ASSERT_TRUE(full) << "round " << i;
    }
    if (!apart) {
      ASSERT_EQ(quick, full) << "round " << i;
    }
  }
  EXPECT_GT(let_through, 20'000);
}

TEST(policy, saturating_add_does_not_overflow) {
  EXPECT_EQ(saturating_add(1, 2), 3);
  EXPECT_EQ(saturating_add(infinite, 0), infinite);
  EXPECT_EQ(saturating_add(infinite, infinite), infinite);
  EXPECT_EQ(saturating_add(infinite - 5, 5), infinite);
  EXPECT_EQ(saturating_add(infinite - 5, 4), infinite - 1);
  EXPECT_EQ(saturating_add(0, infinite), infinite);
}

TEST(policy, back_off_doubles_up_to_its_cap) {
  const std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();
  const nanos caps[] = {1 * second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second};
  for (int failures = 1; failures < 100; ++failures) {
    const nanos cap = caps[std::min(failures, 6) - 1];
    const auto range = static_cast<std::uint64_t>(cap - back_off_floor);
    EXPECT_EQ(back_off_delay(failures, 0), back_off_floor) << failures;
    EXPECT_EQ(back_off_delay(failures, range), cap) << failures;
    EXPECT_LE(back_off_delay(failures, highest), cap) << failures;
    EXPECT_GE(back_off_delay(failures, highest), back_off_floor) << failures;
  }
  EXPECT_LE(back_off_delay(std::numeric_limits<int>::max(), 0), back_off_cap);
}

TEST(policy, back_off_jitter_is_full) {
  std::mt19937_64 random(2);
  for (const int failures : {1, 3, 6}) {
    const nanos cap = std::min<nanos>(second << (failures - 1), back_off_cap);
    int quarters[4] = {};
    for (int i = 0; i < 4'000; ++i) {
      const nanos delay = back_off_delay(failures, random());
      ASSERT_GE(delay, back_off_floor);
      ASSERT_LE(delay, cap);
      ++quarters[(delay - back_off_floor) * 4 / (cap - back_off_floor + 1)];
    }
    for (const int count : quarters)
      EXPECT_NEAR(count, 1'000, 150) << failures;
  }
}

}  // namespace
}  // namespace lambda_cache::cache
