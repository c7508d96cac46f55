// Time as tests move it: explicit moments, no clock.
#pragma once

#include "core/clock.hpp"

#include <chrono>

namespace lambda_cache::test {

class fake_time {
 public:
  [[nodiscard]] const core::moment& now() const noexcept { return now_; }
  [[nodiscard]] const core::instant& clocks() const noexcept { return now_.clocks; }
  [[nodiscard]] core::deadline steady() const noexcept { return now_.steady; }
  /// A deadline so far from now.
  [[nodiscard]] core::deadline in(core::nanos duration) const noexcept {
    return now_.steady + std::chrono::nanoseconds(duration);
  }

  /// Time passes on every clock.
  void pass(core::nanos duration) noexcept {
    suspend(duration);
    now_.clocks.mono += duration;
    now_.steady += std::chrono::nanoseconds(duration);
  }
  /// The machine sleeps: only the wall and the boot clock count.
  void suspend(core::nanos duration) noexcept {
    freeze(duration);
    now_.clocks.boot += duration;
  }
  /// The environment is frozen or restored from a snapshot: only the wall clock knows.
  void freeze(core::nanos duration) noexcept { now_.clocks.wall += duration; }
  /// Somebody sets the wall clock.
  void step_wall(core::nanos by) noexcept { now_.clocks.wall += by; }

 private:
  core::moment now_{{1'700'000'000 * core::second, 5'000 * core::second, 6'000 * core::second},
                    core::deadline(std::chrono::seconds(5'000))};
};

}  // namespace lambda_cache::test
