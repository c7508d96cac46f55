#include "cli/output.hpp"

#include "cli/program.hpp"
#include "cli/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <unistd.h>

namespace lambda_cache::cli {
namespace {

TEST(output_test, nobody_who_reads) {
  const interrupts by;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  output to(ends[1], by);
  EXPECT_FALSE(to.write("x"));
  EXPECT_EQ(to.status(), 128 + SIGPIPE);
  EXPECT_EQ(to.reason(), "");
  ::close(ends[1]);
}

TEST(output_test, a_full_disk) {
  const interrupts by;
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  output to(full, by);
  EXPECT_FALSE(to.write("x"));
  EXPECT_EQ(to.status(), failure);
  EXPECT_NE(to.reason().find("No space left"), std::string::npos);
  EXPECT_FALSE(to.write("x")) << "nothing behind what is missing";
  ::close(full);
}

TEST(output_test, a_signal_ends_a_write_that_blocks) {
  const interrupts by;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  // The first bytes fit, and then nobody reads.
  const std::string much(std::size_t{1} << 20, 'x');
  struct sigevent when = {};
  when.sigev_notify = SIGEV_SIGNAL;
  when.sigev_signo = SIGTERM;
  timer_t timer{};
  ASSERT_EQ(::timer_create(CLOCK_MONOTONIC, &when, &timer), 0);
  // Again and again: the first one may come before the write.
  const itimerspec soon{{0, 10'000'000}, {0, 10'000'000}};
  ::timer_settime(timer, 0, &soon, nullptr);
  output to(ends[1], by);
  EXPECT_FALSE(to.write(much));
  ::timer_delete(timer);
  EXPECT_EQ(by.signal(), SIGTERM);
  EXPECT_EQ(to.status(), 128 + SIGTERM);
  EXPECT_EQ(to.reason(), "");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(output_test, files_are_copied_whole) {
  const interrupts by;
  temporary_directory folder;
  ASSERT_TRUE(folder.make());
  const std::string content(1'000'000, '\0');
  std::ofstream(folder.path() + "/from") << content;
  const std::string to_path = folder.path() + "/to";
  const int to_file = ::open(to_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  output to(to_file, by);
  EXPECT_TRUE(to.write_file(folder.path() + "/from"));
  EXPECT_EQ(std::filesystem::file_size(to_path), content.size());
  EXPECT_FALSE(to.write_file(folder.path() + "/none"));
  EXPECT_EQ(to.status(), failure);
  EXPECT_NE(to.reason().find("/none"), std::string::npos);
  ::close(to_file);
}

TEST(output_test, temporary_directories_end) {
  std::string path;
  {
    temporary_directory folder;
    ASSERT_TRUE(folder.make());
    path = folder.path();
    EXPECT_TRUE(path.starts_with('/'));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    std::ofstream(path + "/file") << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  temporary_directory nowhere;
  const auto failed = nowhere.make("/proc/none");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, error_kind::storage);
}

TEST(program_test, runs_to_its_end) {
  const auto ran = run_program({"sh", "-c", "cat; printf out; printf err >&2; exit 3"});
  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(ran->output, "out");
  EXPECT_EQ(ran->errors, "err");
  EXPECT_EQ(run_program({"sh", "-c", "kill -TERM $$"})->status, 128 + SIGTERM);
}

TEST(program_test, what_it_leaves_running_is_not_waited_for) {
  const auto ran = run_program({"sh", "-c", "sleep 600 & echo $!"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 0);
  EXPECT_EQ(::kill(std::stoi(ran->output), SIGKILL), 0);
}

TEST(program_test, much_on_both) {
  const auto ran =
      run_program({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 9000000 /dev/zero"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 0);
  EXPECT_EQ(ran->errors.size(), 300'000U);
  EXPECT_GE(ran->output.size(), std::size_t{4} << 20);
  EXPECT_LT(ran->output.size(), std::size_t{5} << 20);
}

TEST(program_test, what_is_not_there) {
  const auto none = run_program({"/nowhere/python"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("/nowhere/python cannot be run"), std::string::npos);
}

}  // namespace
}  // namespace lambda_cache::cli
