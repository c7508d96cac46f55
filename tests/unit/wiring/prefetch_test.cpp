// Values that are fetched before anybody reads them.
#include "wired_fixture.hpp"
#include "wiring/initialization.hpp"

#include <array>
#include <cstdlib>
#include <thread>

namespace lambda_cache::test {
namespace {

class prefetch_test : public wired_fixture {
 protected:
  ~prefetch_test() override { ::unsetenv("AWS_LAMBDA_INITIALIZATION_TYPE"); }

  void wait_for_loads(std::uint64_t count) {
    while (cache().stats().loads < count)
      std::this_thread::yield();
  }
};

TEST_F(prefetch_test, what_is_asked_for_is_there_when_it_is_read) {
  ssm_.put("/app/a", "1");
  ssm_.put("/app/b", "2");
  const handle a = open("/app/a");
  const handle b = open("/app/b");
  a.prefetch();
  b.prefetch();
  a.prefetch();
  wait_for_loads(2);
  EXPECT_EQ(text(a) + text(b), "12");
  a.prefetch();
  EXPECT_EQ(cache().stats().loads, 2U);
  EXPECT_EQ(cache().stats().misses, 0U);
}

TEST_F(prefetch_test, reads_join_it) {
  ssm_.put("/app/a", "1");
  ssm_.intercept([this](const fake_ssm::call&) {
    answer_.wait();
    return fake_ssm::reply{};
  });
  const handle a = open("/app/a");
  a.prefetch();
  std::thread reader([&] { EXPECT_EQ(text(a), "1"); });
  while (cache().stats().joins == 0)
    std::this_thread::yield();
  answer_.open();
  reader.join();
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(cache().stats().misses, 0U);
}

TEST_F(prefetch_test, failures_are_told_to_the_reader_and_to_nobody_else) {
  const handle missing = open("/app/missing");
  missing.prefetch();
  while (cache().stats().failures == 0)
    std::this_thread::yield();
  EXPECT_EQ(failure_of(missing).kind, error_kind::not_found);
  EXPECT_EQ(ssm_.call_count(), 1U);
  // What cannot be bound is the reader's as well.
  env_.erase("AWS_REGION");
  cache().reset();
  missing.prefetch();
  EXPECT_EQ(failure_of(missing).kind, error_kind::invalid_argument);
}

TEST_F(prefetch_test, what_every_read_fetches_is_left_alone) {
  ssm_.put("/app/a", "1");
  const handle forced = open("/app/a", {.max_age = 0});
  forced.prefetch();
  EXPECT_EQ(text(forced), "1");
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(cache().stats().misses, 1U);
}

TEST_F(prefetch_test, nothing_comes_into_a_snapshot) {
  ssm_.put("/app/a", "1");
  ::setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start", 1);
  const handle a = open("/app/a");
  a.prefetch();
  EXPECT_EQ(text(a), "1");
  EXPECT_EQ(cache().stats().misses, 1U);
}

TEST(initialization_test, is_of_lambda_without_a_snapshot) {
  const auto of = [](std::string runtime, std::string how) {
    return wiring::prefetches([runtime, how](std::string_view name) -> std::optional<std::string> {
      if (name == "AWS_LAMBDA_RUNTIME_API" && runtime != "none") return runtime;
      if (name == "AWS_LAMBDA_INITIALIZATION_TYPE" && how != "none") return how;
      return std::nullopt;
    });
  };
  EXPECT_TRUE(of("127.0.0.1:9001", "none"));
  EXPECT_TRUE(of("127.0.0.1:9001", "on-demand"));
  EXPECT_TRUE(of("127.0.0.1:9001", "provisioned-concurrency"));
  EXPECT_FALSE(of("127.0.0.1:9001", "snap-start"));
  EXPECT_FALSE(of("none", "none"));
  EXPECT_FALSE(of("", "on-demand"));
}

TEST(initialization_test, knows_the_handler) {
  const auto is = [](std::string handler, std::string_view module, std::string_view function) {
    return wiring::is_handler([handler](std::string_view) { return std::optional(handler); },
                              module, function);
  };
  EXPECT_TRUE(is("app.handler", "app", "handler"));
  EXPECT_TRUE(is("src/app.handler", "src.app", "handler"));
  EXPECT_TRUE(is("src.app.handler", "src.app", "handler"));
  EXPECT_FALSE(is("app.handler", "app", "other"));
  EXPECT_FALSE(is("app.handler", "other", "handler"));
  EXPECT_FALSE(is("app.handler", "app", "handler.inner"));
  EXPECT_FALSE(is("apphandler", "app", "handler"));
  EXPECT_FALSE(is("", "", ""));
}

}  // namespace
}  // namespace lambda_cache::test
