#include "net/child_process.hpp"

#include "client_fixture.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace lambda_cache::net {
namespace {

using outcome = core::result<child_outcome>;

class child_process_test : public testing::Test {
 protected:
  ~child_process_test() override {
    loop.run([this] { child.reset(); });
  }

  std::future<outcome> begin(const std::vector<std::string>& arguments, child_limits limits = {},
                             const std::string& environment = {}) {
    auto promise = std::make_shared<std::promise<outcome>>();
    auto result = promise->get_future();
    loop.run([&] {
      const core::secret_bytes block(environment.begin(), environment.end());
      child = child_process::start(*loop, arguments, block, limits,
                                   [promise](outcome got) { promise->set_value(std::move(got)); });
    });
    return result;
  }
  outcome shell(const std::string& script, child_limits limits = {},
                const std::string& environment = {}) {
    return begin({"/bin/sh", "-c", script}, limits, environment).get();
  }

  running_loop loop;
  std::unique_ptr<child_process> child;
};

TEST_F(child_process_test, hands_over_status_output_and_errors) {
  const outcome got = shell("printf out; printf err >&2; exit 3");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 3);
  EXPECT_EQ(text(got->output), "out");
  EXPECT_EQ(got->errors, "err");
}

TEST_F(child_process_test, passes_arguments_as_they_are) {
  const outcome got =
      begin({"/bin/sh", "-c", "printf '%s|' \"$@\"", "x", "a b", "$HOME", ""}).get();
  ASSERT_TRUE(got);
  EXPECT_EQ(text(got->output), "a b|$HOME||");
}

TEST_F(child_process_test, gives_the_environment_and_an_empty_input) {
  using namespace std::string_literals;
  const outcome got = shell("read line || printf \"$ONE $TWO\"", {}, "ONE=1\0TWO=2\0"s);
  ASSERT_TRUE(got);
  EXPECT_EQ(text(got->output), "1 2");
}

TEST_F(child_process_test, takes_output_in_pieces) {
  const outcome got = shell("i=0; while [ $i -lt 2000 ]; do echo 123456789; i=$((i+1)); done");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->output.size(), 20'000U);
}

TEST_F(child_process_test, bounds_the_output) {
  const outcome got = shell("while :; do echo canary-hunter2; done", {.max_output = 1000});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, error_kind::credentials);
  EXPECT_NE(got.error().message.find("more than 1000 bytes"), std::string::npos);
}

TEST_F(child_process_test, keeps_the_beginning_of_many_errors) {
  const outcome got = shell("i=0; while [ $i -lt 2000 ]; do echo 123456789 >&2; i=$((i+1)); done");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->errors.size(), 1024U);
  EXPECT_TRUE(got->errors.starts_with("123456789\n"));
}

TEST_F(child_process_test, bounds_the_time) {
  const outcome got = shell("while :; do :; done", {.timeout = soon});
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("longer than 50 ms"), std::string::npos);
}

TEST_F(child_process_test, a_signal_is_told_as_shells_do) {
  const outcome got = shell("kill -TERM $$");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 128 + SIGTERM);
}

TEST_F(child_process_test, a_missing_command_is_an_error) {
  const outcome got = begin({"/no/such/command"}).get();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("No such file"), std::string::npos);
}

TEST_F(child_process_test, its_end_kills_the_command) {
  auto never_told = begin({"/bin/sh", "-c", "while :; do :; done"});
  loop.run([this] { child.reset(); });
  EXPECT_THROW(never_told.get(), std::future_error) << "the handler was destroyed, uncalled";
}

TEST_F(child_process_test, a_command_that_lets_go_of_its_output_is_waited_for) {
  const outcome got =
      shell("exec >&- 2>&-; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 7);
}

}  // namespace
}  // namespace lambda_cache::net
