// Attempts: full-jitter back-off, a deadline over all of them, a budget shared by all calls.
#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace lambda_cache::net {

/// Token bucket that keeps failing calls from multiplying: a retry costs tokens, a success gives
/// some back. Loop thread only.
class retry_budget {
 public:
  static constexpr int capacity = 500;
  static constexpr int retry_cost = 5;
  static constexpr int timeout_cost = 10;
  static constexpr int success_refund = 1;
  [[nodiscard]] bool take(int cost) noexcept;
  void refund(int tokens) noexcept;
  [[nodiscard]] int tokens() const noexcept { return tokens_; }

 private:
  int tokens_ = capacity;
};

struct retry_options {
  int max_attempts = 3;  // 1: no retry
  std::chrono::milliseconds attempt_timeout{3000};
  core::deadline deadline = core::no_deadline;  // over all attempts
  std::chrono::milliseconds base_delay{50};     // attempt n waits uniform(0, base * 2^n), ...
  std::chrono::milliseconds max_delay{20'000};  // ... at most this
  http_limits limits{};
};

/// What to do with one attempt's answer.
enum class verdict {
  finish,      // success or a definite error: hand it on
  back_off,    // a passing error: try again after a delay, if attempts, budget and deadline allow
  retry_once,  // the cause was mended (clock offset, new credentials): again at once, one time
};

struct retry_report {
  int attempts = 0;
  /// When the attempt that gave the result was sent.
  core::instant request_start{};
};

class retried_call {
 public:
  using make_request = std::move_only_function<core::result<http_request>(int attempt)>;
  using judge = std::move_only_function<verdict(core::result<http_response>&)>;
  using handler = std::move_only_function<void(core::result<http_response>, retry_report)>;

  /// Starts the first attempt. `make` is called right before each send (signing happens there);
  /// `done` is called once, never from inside start(). When no attempt is left the last answer is
  /// handed on. If `make` or `decide` throws, that is an error of the call (protocol); if start()
  /// does, there is no call. What `done` throws goes to io_loop::run(). Loop thread only.
  static std::shared_ptr<retried_call> start(io_loop& loop, http_client& client,
                                             retry_budget& budget, retry_options options,
                                             make_request make, judge decide, handler done);
  virtual ~retried_call() = default;
  /// Ends the call with `cancelled`. Loop thread only.
  virtual void cancel() noexcept = 0;
  /// Moves the deadline; takes effect for the attempt that runs as well. Loop thread only.
  virtual void set_deadline(core::deadline deadline) = 0;
};

}  // namespace lambda_cache::net
