// Freshness and back-off rules, as pure functions of time.
#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace lambda_cache::cache {

/// How far the two cheap clocks may disagree before the boot clock is asked.
inline constexpr core::nanos clock_tolerance = core::second;
/// Two ticks of the slowest kernel. A reader may have read its clocks just before another thread
/// stamped what it looks at: that is no clock going back.
inline constexpr core::nanos clock_resolution = 20 * core::millisecond;
/// While a servable stale value exists, a reader waits at most this long for its refresh.
inline constexpr core::nanos stale_wait = 500 * core::millisecond;
/// A definite refusal is remembered this long.
inline constexpr core::nanos negative_age = 5 * core::second;
/// After a reader without a value was throttled, others of the same entry are told so without a
/// call: for the back-off, and at most this long, because they get an error where the service may
/// already answer again.
inline constexpr core::nanos throttled_age = negative_age;
inline constexpr core::nanos back_off_base = core::second;
inline constexpr core::nanos back_off_cap = 30 * core::second;
/// Full jitter reaches down to zero; this keeps two tries from touching.
inline constexpr core::nanos back_off_floor = 100 * core::millisecond;
/// A reader that the engine answered while its value is to be refreshed ahead does not ask again
/// for so long, unless a new value comes. No failed refresh is tried again sooner.
inline constexpr core::nanos refresh_ahead_rest = back_off_floor;

/// The boundary: an age equal to max_age is expired. Infinity never expires, 0 always is.
[[nodiscard]] constexpr bool is_fresh(core::nanos age, core::nanos max_age) noexcept {
  return age < max_age;
}

/// a + b without overflow, for non-negative durations.
[[nodiscard]] constexpr core::nanos saturating_add(core::nanos a, core::nanos b) noexcept {
  return a > core::infinite - b ? core::infinite : a + b;
}

/// Whether so little of the reader's max_age is left that the value is refreshed ahead of expiry.
/// Of the reader's only: before the moment that a source has set there is nothing new to fetch.
[[nodiscard]] constexpr bool is_refreshed_ahead(core::nanos age, core::nanos max_age,
                                                core::nanos refresh_ahead) noexcept {
  return refresh_ahead > 0 && max_age != core::infinite && max_age - age <= refresh_ahead;
}

/// The age below which a reader need not ask the engine. `lifetime` is that of the value for this
/// reader, `age` its present one.
[[nodiscard]] constexpr core::nanos unasked_until(core::nanos age, core::nanos lifetime,
                                                  core::nanos max_age,
                                                  core::nanos refresh_ahead) noexcept {
  if (refresh_ahead <= 0 || max_age == core::infinite || lifetime == core::infinite)
    return lifetime;
  const bool ahead = is_refreshed_ahead(age, max_age, refresh_ahead);
  return std::min(lifetime,
                  ahead ? saturating_add(age, refresh_ahead_rest) : max_age - refresh_ahead);
}

struct age_reading {
  core::nanos age = 0;  // the largest that any clock claims, never negative
  /// The wall clock went back behind what the other clocks count: the true age is not known.
  bool wall_went_back = false;
};

/// The age of something that started at `start`. In doubt it is older: freezes and suspends stop
/// some clocks, so the one that counted most is believed.
[[nodiscard]] constexpr age_reading age_of(const core::instant& start,
                                           const core::instant& now) noexcept {
  const core::nanos wall = now.wall - start.wall;
  const core::nanos counted = std::max(now.mono - start.mono, now.boot - start.boot);
  // Slewing may pull the wall clock back by up to 500 ppm; that is no step.
  const core::nanos slack = clock_tolerance + std::max<core::nanos>(counted, 0) / 1000;
  return {std::max<core::nanos>({wall, counted, 0}),
          wall < -clock_resolution || wall < counted - slack};
}

/// What a reader may be given, from the age of the entry.
[[nodiscard]] constexpr bool is_fresh(const age_reading& reading, core::nanos max_age) noexcept {
  if (max_age == core::infinite) return true;
  return !reading.wall_went_back && is_fresh(reading.age, max_age);
}

/// Hit path: the ages on the two cheap clocks decide; false sends the reader to the slow path,
/// which asks every clock.
[[nodiscard]] constexpr bool quick_fresh(core::nanos wall_age, core::nanos mono_age,
                                         core::nanos max_age) noexcept {
  const auto apart = static_cast<std::uint64_t>(wall_age - mono_age + clock_tolerance);
  return (apart <= 2 * static_cast<std::uint64_t>(clock_tolerance) && wall_age >= 0 &&
          std::max(wall_age, mono_age) < max_age) ||
         max_age == core::infinite;
}

/// Delay before the next refresh after `failures` in a row (>= 1): full jitter under a doubling
/// cap. `random` is uniform over 64 bits.
[[nodiscard]] constexpr core::nanos back_off_delay(int failures, std::uint64_t random) noexcept {
  const int doublings = std::min(failures - 1, 5);
  const core::nanos cap = std::min(back_off_base << doublings, back_off_cap);
  const auto range = static_cast<std::uint64_t>(cap - back_off_floor);
  return back_off_floor + static_cast<core::nanos>(random % (range + 1));
}

}  // namespace lambda_cache::cache
