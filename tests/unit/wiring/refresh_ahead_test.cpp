#include "cache/policy.hpp"
#include "wired_fixture.hpp"

#include <thread>

namespace lambda_cache::test {
namespace {

using core::second;

class refresh_ahead_test : public wired_fixture {
 protected:
  refresh_ahead_test() { ssm_.put("/app/var", "old"); }

  /// Waits for the refresh that is under way: the value is too old for this reader, the refresh is
  /// not.
  std::string refreshed_value() { return text(open("/app/var", {.max_age = 40 * second})); }

  const read_options ahead_{.max_age = 600 * second, .refresh_ahead = 100 * second};
};

TEST_F(refresh_ahead_test, value_is_handed_out_and_fetched_anew_behind_the_reader) {
  const handle var = open("/app/var", ahead_);
  EXPECT_EQ(text(var), "old");
  ssm_.put("/app/var", "new");
  pass(450 * second);
  EXPECT_EQ(text(var), "old");
  EXPECT_EQ(ssm_.call_count(), 1U);
  pass(50 * second);
  EXPECT_EQ(text(var), "old");
  EXPECT_EQ(refreshed_value(), "new");
  EXPECT_EQ(text(var), "new");
  EXPECT_EQ(ssm_.call_count(), 2U);
  EXPECT_EQ(cache().stats().stale, 0U);
}

TEST_F(refresh_ahead_test, slot_rests_while_the_refresh_is_under_way) {
  const handle var = open("/app/var", ahead_);
  EXPECT_EQ(text(var), "old");
  const cache::slot& view = var.internals()->slot().view;
  EXPECT_EQ(view.max_age, 500 * second);
  ssm_.intercept([this](const fake_ssm::call&) {
    answer_.wait();
    return fake_ssm::reply{};
  });
  pass(550 * second);
  EXPECT_EQ(text(var), "old");
  EXPECT_GE(view.max_age, 550 * second + cache::refresh_ahead_rest);
  EXPECT_LE(view.max_age, 600 * second);
  answer_.open();
  EXPECT_EQ(refreshed_value(), "old");
  EXPECT_EQ(text(var), "old");
  EXPECT_EQ(view.max_age, 500 * second);
}

TEST_F(refresh_ahead_test, peek_starts_it_too) {
  const handle var = open("/app/var", ahead_);
  EXPECT_EQ(text(var), "old");
  ssm_.put("/app/var", "new");
  pass(550 * second);
  ASSERT_NE(var.peek(), nullptr);
  EXPECT_EQ(refreshed_value(), "new");
  EXPECT_EQ(var.peek()->text(), "new");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(refresh_ahead_test, so_does_reading_several_at_once) {
  const handle var[] = {open("/app/var", ahead_)};
  EXPECT_EQ(text(var[0]), "old");
  ssm_.put("/app/var", "new");
  pass(550 * second);
  EXPECT_EQ(get_all(var)[0]->text(), "old");
  EXPECT_EQ(refreshed_value(), "new");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(refresh_ahead_test, failure_is_invisible_until_the_value_expires) {
  const handle var = open("/app/var", ahead_);
  EXPECT_EQ(text(var), "old");
  ssm_.intercept([](const fake_ssm::call&) { return fake_ssm::reply{500, "no", {}}; });
  pass(550 * second);
  EXPECT_EQ(text(var), "old");
  while (cache().stats().failures == 0)
    std::this_thread::yield();
  EXPECT_EQ(text(var), "old");
  EXPECT_EQ(cache().stats().stale, 0U);
  EXPECT_EQ(ssm_.call_count(), 2U) << "one attempt";
}

}  // namespace
}  // namespace lambda_cache::test
