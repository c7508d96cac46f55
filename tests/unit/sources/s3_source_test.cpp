// What a read of an object gives, and what it costs.
#include "s3_fixture.hpp"

#include <sys/stat.h>

namespace lambda_cache::test {
namespace {

class s3_source_test : public s3_fixture {};

TEST_F(s3_source_test, an_object_becomes_a_file_of_its_own) {
  s3_.put("/bucket/key", "the content", "crc64nvme");
  const auto got = value(open_file());
  EXPECT_EQ(got->view(), file());
  EXPECT_EQ(content_of(file()), "the content");
  EXPECT_EQ(got->size, 11U);
  EXPECT_EQ(got->type, "text/plain");
  EXPECT_FALSE(got->etag.empty());
  EXPECT_TRUE(core::is_intact(*got));
  struct stat seen{};
  ASSERT_EQ(::stat(file().c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 07777, 0600U);
  EXPECT_EQ(scratch_.files(), std::vector<std::string>{"object"});
  const auto calls = s3_.calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].checksum_mode, "ENABLED");
  EXPECT_EQ(calls[0].range, "") << "a small object is one call";
  EXPECT_EQ(calls[0].if_none_match, "");
  EXPECT_EQ(calls[0].region, "eu-west-1");
}

TEST_F(s3_source_test, an_unchanged_object_costs_one_304_and_no_rewrite) {
  const std::string etag = s3_.put("/bucket/key", "the content");
  const auto entry = open_file();
  const auto first = value(entry);
  const auto sent = s3_.bytes_sent();
  const auto second = read(entry, forced);
  EXPECT_EQ(value_of(second), first) << "the same value";
  EXPECT_EQ(s3_.call_count(), 2U);
  EXPECT_EQ(s3_.calls()[1].if_none_match, etag);
  EXPECT_EQ(s3_.bytes_sent(), sent);
  EXPECT_EQ(core::find_marked_file(file())->stamp, first->stamp);
  s3_.put("/bucket/key", "another");
  EXPECT_EQ(content(entry, forced), "another");
  EXPECT_EQ(s3_.calls()[2].if_none_match, etag);
}

TEST_F(s3_source_test, a_304_makes_the_value_young_again) {
  s3_.put("/bucket/key", "the content");
  const auto entry = open_file();
  const auto old_start = read(entry).value->request_start;
  core::shift(70 * core::second, 70 * core::second, 70 * core::second);
  EXPECT_EQ(content(entry), "the content");
  EXPECT_EQ(s3_.call_count(), 2U);
  EXPECT_EQ(content(entry), "the content");
  EXPECT_EQ(s3_.call_count(), 2U) << "fresh";
  EXPECT_GT(engine_.current(*entry).first->request_start.wall, old_start.wall + 60 * core::second);
}

TEST_F(s3_source_test, a_file_that_is_not_ours_any_more_is_fetched_again) {
  s3_.put("/bucket/key", "the content");
  const auto entry = open_file();
  const auto first = value(entry);
  const std::function<void()> changes[] = {
      [&] { std::filesystem::remove(file()); },
      [&] { std::ofstream(file(), std::ios::app) << "more"; },
      [&] { std::ofstream(file(), std::ios::trunc) << "THE CONTENT"; },
      [&] {
        std::filesystem::remove(file());
        std::ofstream(file()) << "the content";
      },
      [&] {
        std::filesystem::remove(file());
        std::filesystem::create_symlink("/etc/passwd", file());
      },
  };
  std::size_t calls = 1;
  for (const auto& change : changes) {
    change();
    EXPECT_FALSE(core::is_intact(*std::static_pointer_cast<const core::object_data>(
        engine_.current(*entry).first->as<core::value_data>())));
    EXPECT_EQ(content(entry, forced), "the content");
    EXPECT_EQ(s3_.calls()[calls].if_none_match, "");
    EXPECT_EQ(s3_.call_count(), ++calls);
    EXPECT_FALSE(std::filesystem::is_symlink(file()));
  }
}

TEST_F(s3_source_test, a_file_of_another_process_is_taken_over) {
  const std::string etag = s3_.put("/bucket/key", "the content");
  const auto ours = value(open_file());
  // Another process's, with the same object, in place of ours.
  std::filesystem::remove(file());
  auto other = sources::new_file::create(scratch_.path()).value();
  ASSERT_TRUE(other->write(0, "the content"));
  ASSERT_TRUE(other->publish(file(), 11, ours->owner, etag));
  EXPECT_TRUE(core::is_intact(*ours)) << "the same content, so hits go on";

  const auto entry = open_file();
  const auto sent = s3_.bytes_sent();
  const auto taken = value(entry, forced);
  EXPECT_EQ(s3_.calls()[1].if_none_match, etag);
  EXPECT_EQ(s3_.bytes_sent(), sent);
  EXPECT_NE(taken->stamp, ours->stamp);
  EXPECT_TRUE(core::is_intact(*taken));
}

TEST_F(s3_source_test, a_new_process_finds_the_file_of_the_one_before) {
  const std::string etag = s3_.put("/bucket/key", "the content");
  EXPECT_EQ(content(open_file()), "the content");
  engine_.clear();
  EXPECT_EQ(content(open_file()), "the content");
  EXPECT_EQ(s3_.calls()[1].if_none_match, etag);
  EXPECT_EQ(s3_.bytes_sent(), 11U);
  // A file of another object is nothing to start from.
  s3_.put("/bucket/other", "other");
  EXPECT_EQ(content(open("s3://bucket/other", file())), "other");
  EXPECT_EQ(s3_.calls()[2].if_none_match, "");
}

TEST_F(s3_source_test, bytes_in_memory) {
  const std::string content_with_zeros{"a\0b\0", 4};
  const std::string etag = s3_.put("/bucket/key", content_with_zeros, "sha256");
  const auto entry = open_bytes();
  EXPECT_EQ(content(entry), content_with_zeros);
  EXPECT_EQ(content(entry, forced), content_with_zeros);
  EXPECT_EQ(s3_.calls()[1].if_none_match, etag);
  EXPECT_EQ(value(entry)->kind, core::value_kind::bytes);
  EXPECT_GE(engine_.count().bytes, 4U);
  EXPECT_TRUE(scratch_.files().empty());
}

TEST_F(s3_source_test, memory_is_bounded) {
  settings_.max_bytes_in_memory = 1000;
  s3_.put("/bucket/key", numbers(1000));
  EXPECT_EQ(content(open_bytes()), numbers(1000));
  s3_.put("/bucket/key", numbers(1001));
  const error_info why = failure(open_bytes());
  EXPECT_EQ(why.kind, error_kind::rejected);
  EXPECT_NE(why.message.find("max_bytes"), std::string::npos) << why.message;
  EXPECT_NE(why.message.find("1001"), std::string::npos) << why.message;
  s3_.intercept([](const fake_s3::call&) {
    fake_s3::reply how;
    how.without_length = true;
    return how;
  });
  EXPECT_EQ(failure(open_bytes()).kind, error_kind::rejected);
  s3_.put("/bucket/key", numbers(1000, 3));
  EXPECT_EQ(content(open_bytes(), forced), numbers(1000, 3))
      << "of unknown size, but not too large";
}

TEST_F(s3_source_test, objects_without_a_byte) {
  s3_.put("/bucket/key", "", "crc32");
  EXPECT_EQ(content(open_file()), "");
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_EQ(std::filesystem::file_size(file()), 0U);
  EXPECT_EQ(content(open_bytes()), "");
}

TEST_F(s3_source_test, keys_go_as_they_are) {
  const std::pair<std::string, std::string> keys[] = {
      {"a b+c%20d", "/bucket/a%20b%2Bc%2520d"},
      {"/../a//./b", "/bucket//../a//./b"},
      {"\xc3\xa4?x=1#y", "/bucket/%C3%A4%3Fx%3D1%23y"},
      {"a\nb", "/bucket/a%0Ab"}};
  for (const auto& [key, path] : keys) {
    s3_.put(path, "content of " + path);
    EXPECT_EQ(content(open("s3://bucket/" + key, file())), "content of " + path);
    std::filesystem::remove(file());
  }
}

TEST_F(s3_source_test, a_pinned_version_is_never_read_again) {
  s3_.put("/bucket/key", "version one");
  const auto entry = open("s3://bucket/key", file(), "v/1+2");
  EXPECT_EQ(content(entry), "version one");
  EXPECT_EQ(s3_.calls()[0].query, "versionId=v%2F1%2B2");
  core::shift(3600 * core::second, 3600 * core::second, 3600 * core::second);
  EXPECT_EQ(content(entry), "version one");
  EXPECT_EQ(s3_.call_count(), 1U);
}

TEST_F(s3_source_test, the_same_object_in_two_forms_is_two_entries) {
  s3_.put("/bucket/key", "the content");
  EXPECT_EQ(content(open_file()), "the content");
  EXPECT_EQ(content(open_bytes()), "the content");
  EXPECT_EQ(content(open("s3://bucket/key", file("second"))), "the content");
  EXPECT_EQ(s3_.call_count(), 3U);
}

TEST_F(s3_source_test, readers_share_one_download) {
  s3_.put("/bucket/key", numbers(1000));
  s3_.intercept([this](const fake_s3::call&) {
    fake_s3::reply how;
    how.hold_after = 500;
    how.hold = &hold_;
    return how;
  });
  const auto entry = open_file();
  auto first = begin(entry);
  auto second = begin(entry);
  hold_.open();
  EXPECT_EQ(value_of(first.outcome.get()), value_of(second.outcome.get()));
  EXPECT_EQ(s3_.call_count(), 1U);
}

TEST_F(s3_source_test, the_last_reader_to_leave_ends_the_download) {
  s3_.put("/bucket/key", numbers(1'000'000));
  gate sent;
  s3_.intercept([&](const fake_s3::call&) {
    sent.open();
    fake_s3::reply how;
    how.hold_after = 100'000;
    how.hold = &hold_;
    return how;
  });
  const auto entry = open_file();
  auto reader = begin(entry);
  ASSERT_TRUE(sent.wait());
  const auto left = engine_.leave(reader.place, core::current_moment());
  ASSERT_TRUE(left.has_value());
  EXPECT_FALSE(left->ok());
  settle();
  settle();
  EXPECT_TRUE(scratch_.files().empty()) << "nothing is left of it";
  hold_.open();
}

TEST_F(s3_source_test, progress_is_told) {
  s3_.put("/bucket/key", numbers(300'000));
  const auto entry = open_file();
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  source().set_progress(
      *entry, [&](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); });
  EXPECT_EQ(content(entry), numbers(300'000));
  ASSERT_GE(told.size(), 2U);
  for (std::size_t i = 1; i < told.size(); ++i)
    EXPECT_GE(told[i].first, told[i - 1].first);
  EXPECT_EQ(told.back(), (std::pair<std::uint64_t, std::uint64_t>{300'000, 300'000}));
  EXPECT_EQ(told.front().second, 300'000U);
  told.clear();
  EXPECT_EQ(content(entry, forced), numbers(300'000));
  EXPECT_TRUE(told.empty()) << "nothing was downloaded";
}

TEST_F(s3_source_test, progress_is_told_once_in_a_while) {
  settings_.progress_interval = 1h;
  s3_.put("/bucket/key", numbers(300'000));
  const auto entry = open_file();
  int told = 0;
  source().set_progress(*entry, [&](std::uint64_t, std::uint64_t) { ++told; });
  EXPECT_EQ(content(entry), numbers(300'000));
  EXPECT_LE(told, 2) << "once on the way, once at the end";
}

TEST_F(s3_source_test, shutting_down_in_the_middle_leaves_nothing) {
  s3_.put("/bucket/key", numbers(1'000'000));
  gate sent;
  s3_.intercept([&](const fake_s3::call&) {
    sent.open();
    fake_s3::reply how;
    how.hold_after = 100'000;
    how.hold = &hold_;
    return how;
  });
  auto reader = begin(open_file());
  ASSERT_TRUE(sent.wait());
  shut_down();
  EXPECT_TRUE(scratch_.files().empty());
  hold_.open();
}

}  // namespace
}  // namespace lambda_cache::test
