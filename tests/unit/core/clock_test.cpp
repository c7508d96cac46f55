#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <array>

namespace lambda_cache::core {
namespace {

TEST(clock, shift_moves_each_clock_by_itself) {
  const nanos far = 1'000'000 * second;  // more than the test can take
  const auto moved = [&](nanos wall, nanos mono, nanos boot_time) {
    const instant before = now();
    shift(wall, mono, boot_time);
    const instant after = now();
    shift(-wall, -mono, -boot_time);
    return std::array{after.wall - before.wall > far / 2, after.mono - before.mono > far / 2,
                      after.boot - before.boot > far / 2};
  };
  EXPECT_EQ(moved(0, 0, 0), (std::array{false, false, false}));
  EXPECT_EQ(moved(far, 0, 0), (std::array{true, false, false}));
  EXPECT_EQ(moved(0, far, 0), (std::array{false, true, false}));
  EXPECT_EQ(moved(0, 0, far), (std::array{false, false, true}));
}

TEST(clock, time_can_be_moved_back) {
  const instant before = now();
  shift(-1'000 * second, 0, 0);
  EXPECT_LT(coarse_wall(), before.wall);
  shift(1'000 * second, 0, 0);
  EXPECT_GE(coarse_wall(), before.wall);
}

TEST(clock, deadlines_are_not_moved) {
  const deadline before = current_moment().steady;
  shift(0, 1'000'000 * second, 0);
  const deadline after = current_moment().steady;
  shift(0, -1'000'000 * second, 0);
  EXPECT_LT(after - before, std::chrono::hours(1));
}

TEST(clock, monotonic_clocks_do_not_go_back) {
  instant last = now();
  for (int i = 0; i < 10'000; ++i) {
    const instant next = now();
    ASSERT_GE(next.mono, last.mono);
    ASSERT_GE(next.boot, last.boot);
    last = next;
  }
}

}  // namespace
}  // namespace lambda_cache::core
