// When to try again, without I/O or waiting.
#include "net/retry_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace lambda_cache::net {
namespace {

using namespace std::chrono_literals;
using next = retry_plan::next;

const core::deadline start{1000s};

core::result<http_response> with_status(int status) {
  http_response response;
  response.status = status;
  return response;
}
core::result<http_response> failed(error_kind kind) {
  return core::fail(core::make_error(kind, ""));
}

struct retry_planning : testing::Test {
  retry_budget budget;
  retry_options options;
  double uniform = 1;

  retry_plan make() {
    return {options, budget, [this] { return uniform; }};
  }
  static std::chrono::nanoseconds delay(const retry_plan::decision& made) {
    EXPECT_EQ(made.what, next::send_at);
    return made.when - start;
  }
};

TEST_F(retry_planning, a_finished_call_is_not_repeated) {
  auto plan = make();
  plan.begin_attempt(start);
  EXPECT_EQ(plan.after(verdict::finish, with_status(200), start).what, next::finish);
  EXPECT_EQ(plan.after(verdict::finish, with_status(400), start).what, next::finish);
}

TEST_F(retry_planning, delays_double_up_to_the_most_and_are_scaled_by_chance) {
  options.max_attempts = 100;
  options.max_delay = 300ms;
  auto plan = make();
  for (const auto expected : {50ms, 100ms, 200ms, 300ms, 300ms}) {
    plan.begin_attempt(start);
    EXPECT_EQ(delay(plan.after(verdict::back_off, with_status(503), start)), expected);
  }
  uniform = 0.5;
  EXPECT_EQ(delay(plan.after(verdict::back_off, with_status(503), start)), 150ms);
  uniform = 0;
  EXPECT_EQ(delay(plan.after(verdict::back_off, with_status(503), start)), 0ms);
}

TEST_F(retry_planning, doubling_does_not_overflow) {
  options.max_attempts = 10'000;
  auto plan = make();
  for (int i = 0; i < 90; ++i) {
    plan.begin_attempt(start);
    EXPECT_LE(delay(plan.after(verdict::back_off, with_status(503), start)), options.max_delay);
  }
}

TEST_F(retry_planning, attempts_are_counted) {
  auto plan = make();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    plan.begin_attempt(start);
    EXPECT_EQ(plan.attempts(), attempt);
    const auto decided = plan.after(verdict::back_off, with_status(503), start);
    EXPECT_EQ(decided.what, attempt < 3 ? next::send_at : next::finish);
  }
}

TEST_F(retry_planning, a_mended_cause_is_tried_at_once_one_time_beside_the_attempts) {
  options.max_attempts = 1;
  auto plan = make();
  plan.begin_attempt(start);
  EXPECT_EQ(delay(plan.after(verdict::retry_once, with_status(403), start)), 0ms);
  plan.begin_attempt(start);
  EXPECT_EQ(plan.after(verdict::retry_once, with_status(403), start).what, next::finish);
  EXPECT_EQ(plan.after(verdict::back_off, with_status(503), start).what, next::finish);
  EXPECT_EQ(budget.tokens(), retry_budget::capacity);
}

TEST_F(retry_planning, attempts_end_at_their_timeout_or_at_the_deadline) {
  options.deadline = start + 5s;
  auto plan = make();
  EXPECT_EQ(plan.begin_attempt(start), start + 3s);
  EXPECT_EQ(plan.attempt_deadline_name(), "attempt timeout of 3000 ms");
  EXPECT_EQ(plan.begin_attempt(start + 4s), start + 5s);
  EXPECT_EQ(plan.attempt_deadline_name(), "deadline");
  plan.set_deadline(start + 10s);
  EXPECT_EQ(plan.attempt_deadline(), start + 7s);
  plan.set_deadline(start + 4500ms);
  EXPECT_EQ(plan.attempt_deadline(), start + 4500ms);
}

TEST_F(retry_planning, no_attempt_timeout_is_too_long_for_the_clock) {
  options.attempt_timeout = std::chrono::milliseconds::max();
  auto plan = make();
  EXPECT_EQ(plan.begin_attempt(start), core::no_deadline);
}

TEST_F(retry_planning, a_delay_that_would_cross_the_deadline_is_not_begun) {
  for (const auto left : {49ms, 50ms, 51ms}) {
    options.deadline = start + left;
    auto plan = make();
    plan.begin_attempt(start);
    const auto decided = plan.after(verdict::back_off, with_status(503), start);
    EXPECT_EQ(decided.what, left > 50ms ? next::send_at : next::finish) << left.count();
  }
  options.deadline = start;
  auto plan = make();
  plan.begin_attempt(start - 1s);
  EXPECT_EQ(plan.after(verdict::retry_once, with_status(403), start).what, next::finish);
}

TEST_F(retry_planning, retries_cost_tokens_timeouts_more) {
  options.max_attempts = 10;
  auto plan = make();
  plan.begin_attempt(start);
  delay(plan.after(verdict::back_off, with_status(503), start));
  EXPECT_EQ(budget.tokens(), 495);
  plan.begin_attempt(start);
  delay(plan.after(verdict::back_off, failed(error_kind::timeout), start));
  EXPECT_EQ(budget.tokens(), 485);
  plan.begin_attempt(start);
  delay(plan.after(verdict::back_off, failed(error_kind::connection), start));
  EXPECT_EQ(budget.tokens(), 480);
}

TEST_F(retry_planning, an_empty_budget_ends_retries) {
  while (budget.take(retry_budget::retry_cost)) {
  }
  auto plan = make();
  plan.begin_attempt(start);
  EXPECT_EQ(plan.after(verdict::back_off, with_status(503), start).what, next::finish);
  EXPECT_EQ(budget.tokens(), 0);
}

TEST_F(retry_planning, success_gives_back_what_the_retry_cost_or_one) {
  ASSERT_TRUE(budget.take(100));
  auto plan = make();
  plan.begin_attempt(start);
  delay(plan.after(verdict::back_off, failed(error_kind::timeout), start));
  EXPECT_EQ(budget.tokens(), 390);
  plan.begin_attempt(start);
  EXPECT_EQ(plan.after(verdict::finish, with_status(200), start).what, next::finish);
  EXPECT_EQ(budget.tokens(), 400);
  auto second = make();
  second.begin_attempt(start);
  EXPECT_EQ(second.after(verdict::finish, with_status(200), start).what, next::finish);
  EXPECT_EQ(budget.tokens(), 401);
  auto third = make();
  third.begin_attempt(start);
  EXPECT_EQ(third.after(verdict::finish, with_status(400), start).what, next::finish);
  EXPECT_EQ(budget.tokens(), 401);
  budget.refund(1000);
  EXPECT_EQ(budget.tokens(), retry_budget::capacity);
}

TEST(kernel_randomness, is_uniform_enough_to_spread) {
  std::set<double> seen;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = kernel_uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    seen.insert(value);
    sum += value;
  }
  EXPECT_GT(seen.size(), 990U);
  EXPECT_GT(sum, 350);
  EXPECT_LT(sum, 650);
}

}  // namespace
}  // namespace lambda_cache::net
