// One reader's view of one entry: what makes a warm hit cost two coarse clocks and a compare.
#pragma once

#include "cache/entry.hpp"
#include "cache/policy.hpp"
#include "cache/snapshot.hpp"

#include <atomic>
#include <cstdint>

namespace lambda_cache::cache {

/// Belongs to one thread (C++) or is guarded by the GIL (Python). Never shared without a lock.
struct slot {
  std::uint64_t generation = ~std::uint64_t{0};  // of the entry when `value` was taken
  core::nanos wall = 0;                          // value->request_start, close at hand
  core::nanos mono = 0;
  core::nanos max_age = 0;  // a hit below it: what is left of the reader's, see take()
  snapshot_ptr value;

  /// True: `value` is current and fresh. No lock, no allocation, no write to shared memory (but
  /// every half a second the entry's last use). False: ask the engine.
  [[nodiscard]] bool is_hit(entry& of, const core::coarse_instant& now) const noexcept {
    if (!(generation == of.generation.load(std::memory_order_acquire) &&
          quick_fresh(now.wall - wall, now.mono - mono, max_age)))
      return false;
    of.touch(now.mono);
    return true;
  }
  [[nodiscard]] bool is_hit(entry& of) const noexcept { return is_hit(of, core::coarse_now()); }

  /// Takes what engine::current() gave. Ages are counted on both clocks from the request's start.
  void take(snapshot_ptr fresh, std::uint64_t at_generation, core::nanos reader_max_age) noexcept {
    value = std::move(fresh);
    generation = ~std::uint64_t{0};
    if (!value) return;
    generation = at_generation;
    wall = value->request_start.wall;
    mono = value->request_start.mono;
    max_age = value->lifetime(reader_max_age);
  }

  /// The same at a known moment, when the age can be judged on every clock: both cheap clocks
  /// count on from the age believed then. After a freeze, or a step of the wall clock, they agree
  /// again, so that the next reads are hits and not questions to the engine.
  ///
  /// A reader with `refresh_ahead` comes back to the engine when its value is to be refreshed; once
  /// the engine has been asked, it hits again for a while, or until the refresh has come.
  void take(snapshot_ptr fresh, std::uint64_t at_generation, core::nanos reader_max_age,
            core::nanos refresh_ahead, const core::instant& now) noexcept {
    take(std::move(fresh), at_generation, reader_max_age);
    if (!value) return;
    const core::nanos age = age_of(value->request_start, now).age;
    wall = now.wall - age;
    mono = now.mono - age;
    max_age = unasked_until(age, max_age, reader_max_age, refresh_ahead);
  }
};

}  // namespace lambda_cache::cache
