#include "net/retry_plan.hpp"

#include "net/add_span.hpp"

#include <algorithm>
#include <cstdint>
#include <sys/random.h>
#include <utility>

namespace lambda_cache::net {
bool retry_budget::take(int cost) noexcept {
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

void retry_budget::refund(int tokens) noexcept {
  tokens_ = std::min(capacity, tokens_ + tokens);
}

retry_plan::retry_plan(retry_options options, retry_budget& budget, randomness uniform)
    : options_(std::move(options)), budget_(budget), uniform_(std::move(uniform)) {}

core::deadline retry_plan::begin_attempt(core::deadline now) {
  ++attempts_;
  attempt_began_ = now;
  return attempt_deadline();
}

core::deadline retry_plan::own_attempt_deadline() const noexcept {
  return add_span(attempt_began_, options_.attempt_timeout);
}

core::deadline retry_plan::attempt_deadline() const noexcept {
  return std::min(own_attempt_deadline(), options_.deadline);
}

std::string retry_plan::attempt_deadline_name() const {
  if (options_.deadline < own_attempt_deadline()) return "deadline";
  return "attempt timeout of " + std::to_string(options_.attempt_timeout.count()) + " ms";
}

retry_plan::decision retry_plan::after(verdict judged, const core::result<http_response>& answer,
                                       core::deadline now) {
  if (answer && answer->status / 100 == 2) {
    budget_.refund(std::max(spent_, retry_budget::success_refund));
    spent_ = 0;
  }
  if (judged == verdict::finish || now >= options_.deadline) return {};
  if (judged == verdict::retry_once) {
    // Not counted among the attempts: what was wrong was ours, and it happens one time.
    if (std::exchange(mended_, true)) return {};
    return {next::send_at, now};
  }
  if (attempts_ - (mended_ ? 1 : 0) >= options_.max_attempts) return {};

  const auto base = std::chrono::duration<double, std::milli>(options_.base_delay);
  const auto ceiling = std::min<std::chrono::duration<double, std::milli>>(
      options_.max_delay, base * static_cast<double>(std::uint64_t{1} << std::min(delayed_, 40)));
  const auto when =
      now + std::chrono::duration_cast<std::chrono::nanoseconds>(ceiling * uniform_());
  if (when >= options_.deadline) return {};

  const bool timed_out = !answer && answer.error().kind == error_kind::timeout;
  const int cost = timed_out ? retry_budget::timeout_cost : retry_budget::retry_cost;
  if (!budget_.take(cost)) return {};
  spent_ = cost;
  ++delayed_;
  return {next::send_at, when};
}

double kernel_uniform() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
    // Only a kernel without getrandom comes here; spread by time instead.
    bits = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) *
           0x9e3779b97f4a7c15U;
  }
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace lambda_cache::net
