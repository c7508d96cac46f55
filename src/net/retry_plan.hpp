// When to try again: the decisions of a retried call, without its I/O and clocks. Sans-IO.
#pragma once

#include "core/clock.hpp"
#include "net/retry.hpp"

#include <chrono>
#include <functional>

namespace lambda_cache::net {

class retry_plan {
 public:
  /// Uniform in [0, 1).
  using randomness = std::function<double()>;

  enum class next { finish, send_at };
  struct decision {
    next what = next::finish;
    core::deadline when{};
  };

  /// `budget` must outlive the plan.
  retry_plan(retry_options options, retry_budget& budget, randomness uniform);

  /// An attempt begins; returns when it must have ended.
  core::deadline begin_attempt(core::deadline now);
  /// An attempt ended. Retry n (from 0) is delayed by uniform(0, min(max_delay, base_delay * 2^n));
  /// a delay that would cross the deadline is not begun.
  [[nodiscard]] decision after(verdict judged, const core::result<http_response>& answer,
                               core::deadline now);
  void set_deadline(core::deadline deadline) noexcept { options_.deadline = deadline; }

  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  [[nodiscard]] core::deadline deadline() const noexcept { return options_.deadline; }
  /// When the present attempt must have ended, and what that limit is called.
  [[nodiscard]] core::deadline attempt_deadline() const noexcept;
  [[nodiscard]] std::string attempt_deadline_name() const;

 private:
  [[nodiscard]] core::deadline own_attempt_deadline() const noexcept;

  retry_options options_;
  retry_budget& budget_;
  randomness uniform_;
  core::deadline attempt_began_{};
  int attempts_ = 0;
  int delayed_ = 0;
  int spent_ = 0;  // on the last retry; given back when it succeeds
  bool mended_ = false;
};

/// From the kernel at each call: nothing to seed again after a fork or a restored snapshot.
[[nodiscard]] double kernel_uniform();

}  // namespace lambda_cache::net
