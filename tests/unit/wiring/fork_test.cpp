// fork(): the child keeps the values, makes calls of its own and leaves the parent's alone.
#include "wired_fixture.hpp"

#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::test {
namespace {

class fork_test : public wired_fixture {
 protected:
  /// Runs the check in a child; true if it returned true there.
  static bool in_child(const std::function<bool()>& check) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // a child that hangs fails the test instead of holding it up
      bool right = false;
      try {
        right = check();
      } catch (...) {
      }
      ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
};

TEST_F(fork_test, the_child_keeps_the_values) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_TRUE(in_child([&] { return text(var) == "x"; }));
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(fork_test, the_child_fetches_on_connections_of_its_own) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_TRUE(in_child([&] { return refreshed(var) == "x"; }));
  EXPECT_EQ(ssm_.connections(), 2);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(ssm_.connections(), 2) << "the parent's connection survived the child";
}

TEST_F(fork_test, a_flight_of_the_parent_does_not_hold_up_the_child) {
  ssm_.put("/app/var", "x");
  gate& answer = answer_;
  std::atomic<int> asked{0};
  ssm_.intercept([&](const fake_ssm::call&) {
    if (asked++ == 0) answer.wait();
    return fake_ssm::reply{};
  });
  const handle var = open("/app/var");
  std::thread waiting([&] { EXPECT_EQ(text(var), "x"); });
  while (asked == 0)
    std::this_thread::yield();
  EXPECT_TRUE(in_child([&] { return text(var) == "x"; }));
  answer.open();
  waiting.join();
}

TEST_F(fork_test, a_description_of_the_parent_does_not_hold_up_the_child) {
  secrets_.put("/db", "x");
  std::atomic<int> asked{0};
  secrets_.intercept([&](const fake_secrets::call& call) {
    if (call.operation == "DescribeSecret" && asked++ == 0) answer_.wait();
    return fake_secrets::reply{};
  });
  const handle db = secret("/db", {.rotation_aware = true});
  std::thread waiting([&] { EXPECT_EQ(text(db), "x"); });
  while (asked == 0)
    std::this_thread::yield();
  EXPECT_TRUE(in_child([&] { return text(db) == "x" && refreshed(db) == "x"; }));
  answer_.open();
  waiting.join();
}

// With AddressSanitizer this needs a runtime whose allocator holds its own locks in fork(), as
// clang 19's does. Under gcc 12's a child of any program whose threads allocate may wait for one of
// them for ever, without a line of ours in it, in SizeClassAllocator64::GetFromAllocator() below
// operator new.
TEST_F(fork_test, forks_in_the_middle_of_traffic) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!over)
        EXPECT_EQ(refreshed(var), "x");
    });
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(in_child([&] { return refreshed(var) == "x"; }));
  over = true;
  for (std::thread& reader : readers)
    reader.join();
}

TEST_F(fork_test, children_of_children) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_TRUE(in_child(
      [&] { return refreshed(var) == "x" && in_child([&] { return refreshed(var) == "x"; }); }));
}

}  // namespace
}  // namespace lambda_cache::test
