// One flight, many waiters: with real threads and real sockets.
#include "wired_fixture.hpp"

#include <atomic>
#include <latch>
#include <thread>

namespace lambda_cache::test {
namespace {

using core::second;

constexpr core::nanos short_wait = 50 * core::millisecond;  // expected to run out
constexpr core::nanos long_wait = 60 * second;              // not expected to

class flight_test : public wired_fixture {
 protected:
  /// Waits until the engine has seen that many reads that wait for a flight. Looks now and then:
  /// who looks all the time keeps the engine's lock from the readers.
  void wait_for_waiters(std::uint64_t count) {
    for (;;) {
      const lambda_cache::cache::counters seen = cache().engine().count();
      if (seen.misses + seen.joins >= count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

TEST_F(flight_test, sixty_four_threads_one_request) {
  ssm_.put("/app/var", "x");
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{};
  });
  const handle var = open("/app/var");
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] { right += text(var) == "x" ? 1 : 0; });
  wait_for_waiters(64);
  answer.open();
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(right, 64);
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(flight_test, a_failure_reaches_everybody_as_an_error_of_their_own) {
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{500, error_body("InternalServerError"), {}};
  });
  const handle var = open("/app/var");
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      const auto got = var.try_get();
      failed +=
          !got && got.error().kind() == error_kind::service && got.error().info().name == "/app/var"
              ? 1
              : 0;
    });
  wait_for_waiters(64);
  answer.open();
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(failed, 64);
  EXPECT_EQ(ssm_.call_count(), 3U) << "one request per attempt, not per thread";
}

TEST_F(flight_test, a_hasty_reader_does_not_spoil_the_flight_of_a_patient_one) {
  ssm_.put("/app/var", "x");
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{};
  });
  const handle patient = open("/app/var", {.timeout = long_wait});
  const handle hasty = open("/app/var", {.timeout = short_wait});
  std::thread waiting([&] { EXPECT_EQ(text(patient), "x"); });
  wait_for_waiters(1);
  const error_info why = failure_of(hasty);
  EXPECT_EQ(why.kind, error_kind::timeout);
  EXPECT_NE(why.message.find("/app/var"), std::string::npos);
  EXPECT_NE(why.message.find("timeout_seconds"), std::string::npos) << why.message;
  answer.open();
  waiting.join();
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(text(hasty), "x");
}

TEST_F(flight_test, a_patient_reader_keeps_the_flight_of_a_hasty_one_alive) {
  ssm_.put("/app/var", "x");
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{};
  });
  const handle hasty = open("/app/var", {.timeout = short_wait});
  const handle patient = open("/app/var", {.timeout = long_wait});
  std::thread leading([&] { EXPECT_EQ(failure_of(hasty).kind, error_kind::timeout); });
  wait_for_waiters(1);
  std::thread joining([&] { EXPECT_EQ(text(patient), "x"); });
  wait_for_waiters(2);
  leading.join();
  answer.open();
  joining.join();
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(flight_test, the_invocation_ends_the_wait_with_a_margin) {
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{};
  });
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var", {.timeout = long_wait});
  const core::invocation_scope running(std::chrono::steady_clock::now() + core::invocation_margin +
                                       std::chrono::nanoseconds(short_wait));
  const error_info why = failure_of(var);
  EXPECT_EQ(why.kind, error_kind::timeout);
  EXPECT_NE(why.message.find("invocation"), std::string::npos) << why.message;
  answer.open();
}

TEST_F(flight_test, a_forced_read_gets_a_value_requested_after_it_asked) {
  ssm_.put("/app/var", "old");
  gate& answer = answer_;
  std::atomic<int> asked{0};
  ssm_.intercept([&](const fake_ssm::call&) {
    if (asked++ != 0) return fake_ssm::reply{};
    fake_ssm::reply old;
    old.body = R"({"Parameter":{"Name":"/app/var","Type":"String","Value":"old","Version":1}})";
    answer.wait();
    return old;
  });
  const handle var = open("/app/var");
  std::thread first([&] { EXPECT_EQ(text(var), "old"); });
  wait_for_waiters(1);
  while (asked == 0)
    std::this_thread::yield();
  ssm_.put("/app/var", "new");
  std::vector<std::thread> forced;
  for (int i = 0; i < 8; ++i)
    forced.emplace_back([&] { EXPECT_EQ(refreshed(var), "new"); });
  wait_for_waiters(9);
  answer.open();
  first.join();
  for (std::thread& thread : forced)
    thread.join();
  EXPECT_EQ(ssm_.call_count(), 2U) << "one running and one next";
  EXPECT_EQ(text(var), "new");
}

TEST_F(flight_test, what_left_before_an_invalidation_does_not_come_back) {
  ssm_.put("/app/var", "old");
  gate& answer = answer_;
  std::atomic<int> asked{0};
  ssm_.intercept([&](const fake_ssm::call&) {
    if (asked++ != 0) return fake_ssm::reply{};
    answer.wait();
    return fake_ssm::reply{
        200, R"({"Parameter":{"Name":"/app/var","Type":"String","Value":"old","Version":1}})", {}};
  });
  const handle var = open("/app/var");
  std::thread first([&] { EXPECT_EQ(text(var), "old"); });
  while (asked == 0)
    std::this_thread::yield();
  ssm_.put("/app/var", "new");
  var.invalidate();
  answer.open();
  first.join();
  EXPECT_EQ(var.peek(), nullptr);
  EXPECT_EQ(text(var), "new");
}

TEST_F(flight_test, a_cache_ends_while_a_read_was_given_up) {
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call&) {
    answer.wait();
    return fake_ssm::reply{};
  });
  {
    wiring::wired_cache short_lived(
        {}, [this](std::string_view name) -> std::optional<std::string> {
          const auto found = env_.find(std::string(name));
          return found == env_.end() ? std::nullopt : std::optional(found->second);
        });
    auto spec = wiring::parameter_spec("/app/var", {});
    auto bound = short_lived.bind(*spec);
    ASSERT_TRUE(bound);
    const auto reading =
        wiring::read_operation::start(short_lived, {bound->read(core::no_deadline)});
    while (ssm_.call_count() == 0)
      std::this_thread::yield();
    reading->give_up();
    EXPECT_EQ(reading->outcomes()[0].failure->kind, error_kind::cancelled);
  }
  answer.open();
}

}  // namespace
}  // namespace lambda_cache::test
