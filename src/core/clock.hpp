// Time. The only place that reads a clock for freshness; tests move it through `shift`.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <time.h>

namespace lambda_cache::core {

/// Nanoseconds; signed, so that differences may be negative.
using nanos = std::int64_t;

inline constexpr nanos second = 1'000'000'000;
inline constexpr nanos millisecond = 1'000'000;
/// "Never expires".
inline constexpr nanos infinite = std::numeric_limits<nanos>::max();

/// One moment on every clock that freshness is judged by. Wall and monotonic are the kernel's
/// coarse clocks (resolution: one kernel tick, 1 to 10 ms); boot is read only off the hit path.
struct instant {
  nanos wall = 0;
  nanos mono = 0;
  nanos boot = 0;
};

/// The two of them that a hit reads.
struct coarse_instant {
  nanos wall = 0;
  nanos mono = 0;
};

namespace detail {
inline std::atomic<nanos> wall_shift{0};
inline std::atomic<nanos> mono_shift{0};
inline std::atomic<nanos> boot_shift{0};

inline nanos to_nanos(const timespec& ts) noexcept {
  return static_cast<nanos>(ts.tv_sec) * second + ts.tv_nsec;
}
inline nanos read_clock(clockid_t id) noexcept {
  timespec ts;
  clock_gettime(id, &ts);
  return to_nanos(ts);
}
}  // namespace detail

inline nanos coarse_wall() noexcept {
  return detail::read_clock(CLOCK_REALTIME_COARSE) +
         detail::wall_shift.load(std::memory_order_relaxed);
}
inline nanos coarse_mono() noexcept {
  return detail::read_clock(CLOCK_MONOTONIC_COARSE) +
         detail::mono_shift.load(std::memory_order_relaxed);
}
/// Both at once. Nothing is computed between the two calls, so that nothing has to be kept over
/// them in registers: it shows in the time of a hit.
inline coarse_instant coarse_now() noexcept {
  timespec wall;
  timespec mono;
  clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  clock_gettime(CLOCK_MONOTONIC_COARSE, &mono);
  return {detail::to_nanos(wall) + detail::wall_shift.load(std::memory_order_relaxed),
          detail::to_nanos(mono) + detail::mono_shift.load(std::memory_order_relaxed)};
}
inline nanos boot() noexcept {
  return detail::read_clock(CLOCK_BOOTTIME) + detail::boot_shift.load(std::memory_order_relaxed);
}
inline instant now() noexcept {
  return {coarse_wall(), coarse_mono(), boot()};
}

/// Moves what the clocks above return. For tests: time passes without anybody waiting.
/// Deadlines (steady_clock) are not moved: they bound real waiting.
inline void shift(nanos wall, nanos mono, nanos boot_time) noexcept {
  detail::wall_shift.fetch_add(wall, std::memory_order_relaxed);
  detail::mono_shift.fetch_add(mono, std::memory_order_relaxed);
  detail::boot_shift.fetch_add(boot_time, std::memory_order_relaxed);
}

/// Deadlines of waits and I/O: the precise steady clock, in real time.
using deadline = std::chrono::steady_clock::time_point;
inline constexpr deadline no_deadline = deadline::max();

/// One moment for the engine: freshness on `clocks`, waiting on `steady`.
struct moment {
  instant clocks;
  deadline steady;
};
inline moment current_moment() noexcept {
  return {now(), std::chrono::steady_clock::now()};
}

}  // namespace lambda_cache::core
