#include "sources/object_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>

namespace lambda_cache::sources {
namespace {

class object_file_test : public ::testing::Test {
 protected:
  object_file_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lc-file-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~object_file_test() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ + "/file"; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& each : std::filesystem::directory_iterator(directory_))
      out.push_back(each.path().filename().string());
    std::ranges::sort(out);
    return out;
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  core::file_stamp make(std::string_view text, const std::string& etag = "\"e\"") {
    auto file = new_file::create(directory_).value();
    EXPECT_TRUE(file->reserve(text.size() + 100));
    EXPECT_TRUE(file->write(0, text));
    return file->publish(path(), text.size(), "0123", etag).value();
  }

  std::string directory_;
};

TEST_F(object_file_test, it_is_there_when_it_is_published_and_not_before) {
  {
    auto file = new_file::create(directory_).value();
    ASSERT_TRUE(file->write(5, "world"));
    ASSERT_TRUE(file->write(0, "hello"));
    EXPECT_FALSE(std::filesystem::exists(path()));
    char back[20];
    EXPECT_EQ(file->read(3, back, sizeof back).value(), 7U);
    EXPECT_EQ(std::string(back, 7), "loworld");
    const auto stamp = file->publish(path(), 10, "0123", "\"e\"").value();
    EXPECT_EQ(stamp.size, 10U);
  }
  EXPECT_EQ(content(), "helloworld");
  EXPECT_EQ(files(), std::vector<std::string>{"file"});
}

TEST_F(object_file_test, what_is_not_published_leaves_nothing) {
  make("old");
  {
    auto file = new_file::create(directory_).value();
    ASSERT_TRUE(file->write(0, "new"));
    EXPECT_EQ(files().size(), 2U);
  }
  EXPECT_EQ(files(), std::vector<std::string>{"file"});
  EXPECT_EQ(content(), "old");
}

TEST_F(object_file_test, the_mark_says_whose_it_is_until_somebody_changes_it) {
  const auto stamp = make("some text", "\"the etag\"");
  const auto found = core::find_marked_file(path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->stamp, stamp);
  EXPECT_EQ(found->mark.owner, "0123");
  EXPECT_EQ(found->mark.etag, "\"the etag\"");
  std::ofstream(path(), std::ios::app) << "x";
  EXPECT_FALSE(core::find_marked_file(path()));
  make("again");
  ASSERT_TRUE(core::find_marked_file(path()));
  std::filesystem::permissions(path(), std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  EXPECT_FALSE(core::find_marked_file(path())) << "others may have changed it";
  std::filesystem::rename(path(), path() + "2");
  std::filesystem::create_symlink(path() + "2", path());
  EXPECT_FALSE(core::find_marked_file(path()));
  std::filesystem::remove(path());
  EXPECT_FALSE(core::find_marked_file(path()));
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_FALSE(core::find_marked_file(path())) << "and does not wait for a writer";
}

TEST_F(object_file_test, marks_of_others_are_nothing) {
  for (const std::string& mark :
       {std::string(), std::string("1"), std::string("2 4 5 a b"), std::string("1 x 5 a b"),
        std::string("1 4"), std::string(3000, '1')}) {
    make("text");
    const int fd = ::open(path().c_str(), O_RDONLY);
    ASSERT_EQ(::fsetxattr(fd, "user.lambda_cache", mark.data(), mark.size(), 0), 0);
    ::close(fd);
    EXPECT_FALSE(core::find_marked_file(path())) << mark;
  }
}

TEST_F(object_file_test, what_dead_processes_left_is_swept) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = new_file::create(directory_).value();
    (void)file->write(0, "half");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(files().size(), 1U) << "nobody could clean up";
  auto ours = new_file::create(directory_).value();
  EXPECT_EQ(files().size(), 1U) << "the first file of this process sweeps";
  std::ofstream(directory_ + "/.lambda-cache-0000") << "half";
  std::ofstream(directory_ + "/.other") << "other";
  sweep_stale_files(directory_);
  EXPECT_EQ(files().size(), 2U) << "ours is locked, the other one is not ours";
  ASSERT_TRUE(ours->write(0, "whole"));
  ASSERT_TRUE(ours->publish(path(), 5, "0123", "\"e\""));
  EXPECT_EQ(content(), "whole");
}

TEST_F(object_file_test, many_processes_do_not_disturb_each_other) {
  constexpr int processes = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string text(100'000, static_cast<char>('a' + i));
      for (int round = 0; round < 20; ++round) {
        auto file = new_file::create(directory_);
        if (!file || !(*file)->write(0, text)) ::_exit(1);
        sweep_stale_files(directory_);
        if (!(*file)->publish(path(), text.size(), "0123", "\"e\"")) ::_exit(2);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files(), std::vector<std::string>{"file"});
  const std::string found = content();
  EXPECT_EQ(found, std::string(100'000, found.front())) << "of one process";
}

TEST_F(object_file_test, a_child_lets_go_of_its_parents_file) {
  auto file = new_file::create(directory_).value();
  const pid_t child = ::fork();
  if (child == 0) {
    file->let_go();
    ::_exit(file->write(0, "x") ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(file->write(0, "whole"));
  EXPECT_TRUE(file->publish(path(), 5, "0123", "\"e\""));
}

TEST(FileName, WhatCannotBeOne) {
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/a"),
        std::string("a\0b", 3), std::string(256, 'a'), std::string(".lambda-cache-x")}) {
    const auto refused = check_file_name("entry_name", bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, error_kind::invalid_argument);
    EXPECT_TRUE(refused.error().message.starts_with("entry_name='")) << refused.error().message;
  }
  for (const std::string& fine : {std::string("a"), std::string("..a"), std::string("a..b"),
                                  std::string("\xc3\xa4 b"), std::string(255, 'a')})
    EXPECT_TRUE(check_file_name("entry_name", fine)) << fine;
}

}  // namespace
}  // namespace lambda_cache::sources
