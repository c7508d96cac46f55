// Large objects: several connections, breaks, replacements, checksums.
#include "s3_fixture.hpp"

#include <random>
#include <set>

namespace lambda_cache::test {
namespace {

class s3_download_test : public s3_fixture {
 protected:
  static constexpr std::size_t large = 1'000'000;  // 16 parts of 64 KiB
};

TEST_F(s3_download_test, large_objects_come_over_several_connections) {
  const std::string etag = s3_.put("/bucket/key", numbers(large), "crc64nvme");
  gate all_there;
  std::atomic<int> seen{0};
  s3_.intercept([&](const fake_s3::call&) {
    // The first four calls have to be there at the same time.
    if (++seen == 4) all_there.open();
    fake_s3::reply how;
    how.hold_after = 1000;
    how.hold = &all_there;
    return how;
  });
  EXPECT_TRUE(content(open_file()) == numbers(large));
  EXPECT_EQ(s3_.connections(), 4);
  const auto calls = s3_.calls();
  EXPECT_EQ(calls[0].range, "");
  for (std::size_t i = 1; i < calls.size(); ++i) {
    EXPECT_NE(calls[i].range, "");
    EXPECT_EQ(calls[i].if_match, etag);
  }
  // No byte is asked for twice, but what was on its way when the first connection met the others.
  EXPECT_LE(s3_.bytes_sent(), 2 * large);
}

TEST_F(s3_download_test, in_memory_too) {
  s3_.put("/bucket/key", numbers(large), "crc32c");
  EXPECT_TRUE(content(open_bytes()) == numbers(large));
  EXPECT_GT(s3_.call_count(), 1U);
}

TEST_F(s3_download_test, connections_are_used_again) {
  settings_.connections = 1;
  s3_.put("/bucket/key", numbers(large));
  EXPECT_TRUE(content(open_file()) == numbers(large));
  EXPECT_EQ(s3_.call_count(), 1U);
  s3_.put("/bucket/key", numbers(large, 1));
  EXPECT_TRUE(content(open_file(), forced) == numbers(large, 1));
  EXPECT_EQ(s3_.connections(), 1);
}

class s3_checksum_test : public s3_download_test, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(connections, s3_checksum_test, ::testing::Values(1, 4));

TEST_P(s3_checksum_test, every_kind_is_compared) {
  settings_.connections = GetParam();
  {
    for (const std::string algorithm : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}) {
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, large}) {
        const std::string body = numbers(size);
        fake_s3::object of{body, "\"e" + algorithm + std::to_string(size) + "\"", {}, {}};
        of.checksums[algorithm] = s3_checksum(algorithm, body);
        s3_.put("/bucket/key", of);
        EXPECT_TRUE(content(open_file(), forced) == body) << algorithm << ' ' << size;
        // A wrong one: tried once more, then told.
        of.etag = "\"wrong\"";
        of.checksums[algorithm] = s3_checksum(algorithm, body + "x");
        s3_.put("/bucket/key", of);
        const error_info why = failure(open_file());
        EXPECT_EQ(why.kind, error_kind::protocol);
        EXPECT_NE(why.message.find(algorithm + " checksum differs"), std::string::npos)
            << why.message;
        EXPECT_TRUE(content_of(file()) == body) << "the old file stays";
      }
    }
  }
}

TEST_F(s3_download_test, a_byte_that_changed_on_the_way_is_fetched_again) {
  const std::string body = numbers(1000);
  fake_s3::object wrong{body, "\"e\"", {{"crc32", s3_checksum("crc32", body)}}, {}};
  wrong.content[500] ^= 1;
  s3_.put("/bucket/key", wrong);
  s3_.intercept([&](const fake_s3::call& asked) {
    if (asked.number == 1) {
      fake_s3::object right = wrong;
      right.content = body;
      s3_.put("/bucket/key", right);
    }
    return fake_s3::reply{};
  });
  EXPECT_EQ(content(open_file()), body);
  EXPECT_EQ(s3_.call_count(), 2U);
}

TEST_F(s3_download_test, checksums_of_parts) {
  const std::string body = numbers(large);
  const std::vector<std::size_t> even = {350'000, 350'000, 300'000};
  const std::vector<std::size_t> uneven = {450'000, 250'000, 300'000};
  // One byte more in the first part: by the number of parts it may be even.
  const std::vector<std::size_t> seemingly_even = {350'001, 349'999, 300'000};
  int number = 0;
  for (const std::string algorithm : {"crc32", "crc32c", "sha1", "sha256"}) {
    for (const auto& parts : {even, uneven, seemingly_even}) {
      fake_s3::object of{body, "\"" + std::to_string(++number) + "-3\"", {}, parts};
      of.checksums[algorithm] = s3_composite(algorithm, body, parts);
      s3_.put("/bucket/key", of);
      EXPECT_TRUE(content(open_file(), forced) == body) << algorithm;

      of.etag = "\"wrong-3\"";
      of.content[999'999] ^= 1;
      s3_.put("/bucket/key", of);
      const error_info why = failure(open_file());
      EXPECT_NE(why.message.find("checksum differs"), std::string::npos) << why.message;
    }
  }
}

TEST_F(s3_download_test, a_checksum_of_one_part) {
  const std::string body = numbers(1000);
  fake_s3::object of{body, "\"x-1\"", {{"crc32", s3_composite("crc32", body, {1000})}}, {1000}};
  s3_.put("/bucket/key", of);
  EXPECT_EQ(content(open_file()), body);
  EXPECT_EQ(s3_.call_count(), 1U) << "nothing has to be asked for it";
  of.content[0] = 'x';
  of.etag = "\"y-1\"";
  s3_.put("/bucket/key", of);
  EXPECT_EQ(failure(open_file()).kind, error_kind::protocol);
}

TEST_F(s3_download_test, stores_that_know_no_parts) {
  const std::string body = numbers(large);
  fake_s3::object of{body, "\"x-2\"", {{"crc32", "AAAAAA==-2"}}, {500'000, 500'000}};
  of.knows_parts = false;
  s3_.put("/bucket/key", of);
  EXPECT_TRUE(content(open_file()) == body) << "size and If-Match have to do";
}

TEST_F(s3_download_test, a_passing_failure_leaves_no_part_unchecked) {
  const std::string body = numbers(large);
  fake_s3::object of{body, "\"x-2\"", {}, {500'000, 500'000}};
  of.checksums["crc32"] = s3_composite("crc32", body, of.part_sizes);
  of.content[999'999] ^= 1;
  s3_.put("/bucket/key", of);
  int refused = 0;
  s3_.intercept([&](const fake_s3::call& asked) {
    if (!asked.query.contains("partNumber") || ++refused > 1) return fake_s3::reply{};
    return fake_s3::reply{503, s3_error("SlowDown")};
  });
  const error_info wrong = failure(open_file());
  EXPECT_NE(wrong.message.find("checksum differs"), std::string::npos) << wrong.message;
  EXPECT_GT(refused, 1) << "asked again";

  s3_.intercept([&](const fake_s3::call& asked) {
    return asked.query.contains("partNumber") ? fake_s3::reply{503, s3_error("SlowDown")}
                                              : fake_s3::reply{};
  });
  EXPECT_EQ(failure(open_file()).kind, error_kind::throttled);
  EXPECT_TRUE(scratch_.files().empty());
}

TEST_F(s3_download_test, an_etag_is_no_md5) {
  s3_.put("/bucket/key", {numbers(1000), "\"d41d8cd98f00b204e9800998ecf8427e\"", {}, {}});
  EXPECT_EQ(content(open_file()), numbers(1000));
}

TEST_F(s3_download_test, a_broken_connection_goes_on_at_the_byte_it_reached) {
  settings_.connections = 1;
  const std::string etag = s3_.put("/bucket/key", numbers(large), "crc64nvme");
  s3_.intercept([](const fake_s3::call& asked) {
    fake_s3::reply how;
    if (asked.number < 5) how.cut_after = 150'000;
    return how;
  });
  EXPECT_TRUE(content(open_file(), {.max_attempts = 1}) == numbers(large));
  const auto calls = s3_.calls();
  ASSERT_EQ(calls.size(), 6U) << "attempts that bring something do not count";
  for (std::size_t i = 1; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].range, "bytes=" + std::to_string(150'000 * i) + "-");
    EXPECT_EQ(calls[i].if_match, etag);
    EXPECT_EQ(calls[i].if_none_match, "");
  }
  EXPECT_EQ(s3_.bytes_sent(), large);
}

TEST_F(s3_download_test, connections_that_break_at_random_bytes) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    const std::string body = numbers(random() % 600'000, round);
    s3_.put("/bucket/key", body, "sha256");
    std::mutex mutex;
    s3_.intercept([&](const fake_s3::call&) {
      const std::lock_guard lock(mutex);
      fake_s3::reply how;
      if (random() % 2 == 0) how.cut_after = 1 + random() % 70'000;
      return how;
    });
    ASSERT_TRUE(content(open_file(), forced) == body) << "round " << round;
  }
}

TEST_F(s3_download_test, servers_that_know_no_ranges) {
  settings_.connections = 2;
  s3_.put("/bucket/key", numbers(large), "crc32");
  s3_.intercept([](const fake_s3::call& asked) {
    fake_s3::reply how;
    how.ignores_ranges = true;
    if (asked.number == 0) how.cut_after = 500'000;
    return how;
  });
  EXPECT_TRUE(content(open_file()) == numbers(large));
}

TEST_F(s3_download_test, an_object_that_is_replaced_meanwhile_is_never_a_mixture) {
  std::mt19937 random(12);
  for (int round = 0; round < 20; ++round) {
    const std::string first = numbers(large, round);
    const std::string second = numbers(large + random() % 3, round + 1000);
    s3_.put("/bucket/key", first);
    const int at = static_cast<int>(s3_.call_count()) + 1 + static_cast<int>(random() % 10);
    s3_.intercept([&](const fake_s3::call& asked) {
      if (asked.number == at) s3_.put("/bucket/key", second);
      return fake_s3::reply{};
    });
    const std::string got = content(open_file(), forced);
    ASSERT_TRUE(got == first || got == second) << "round " << round;
  }
}

TEST_F(s3_download_test, a_replacement_between_a_break_and_its_resumption) {
  settings_.connections = 1;
  for (const bool honest : {true, false}) {
    s3_.put("/bucket/key", numbers(1000));
    const auto before = static_cast<int>(s3_.call_count());
    s3_.intercept([&](const fake_s3::call& asked) {
      fake_s3::reply how;
      if (asked.number == before) how.cut_after = 500;
      if (asked.number == before + 1) {
        s3_.put("/bucket/key", numbers(2000, 5));
        // A store that does not look at If-Match gives the new content's tail.
        if (!honest)
          return fake_s3::reply{206, numbers(2000, 5).substr(500),
                                "ETag: \"other\"\r\nContent-Range: bytes 500-1999/2000\r\n"};
      }
      return how;
    });
    EXPECT_EQ(content(open_file(), forced), numbers(2000, 5));
    EXPECT_EQ(s3_.call_count(), static_cast<std::size_t>(before) + 3);
  }
}

TEST_F(s3_download_test, an_object_that_is_replaced_all_the_time_is_an_error) {
  s3_.put("/bucket/key", numbers(1000));
  s3_.intercept([&](const fake_s3::call&) {
    s3_.put("/bucket/key", numbers(1000));
    fake_s3::reply how;
    how.cut_after = 500;
    return how;
  });
  const error_info why = failure(open_file());
  EXPECT_EQ(why.kind, error_kind::protocol);
  EXPECT_TRUE(why.retryable);
  EXPECT_NE(why.message.find("replaced while it was being read"), std::string::npos);
  EXPECT_LE(s3_.call_count(), 8U);
  EXPECT_TRUE(scratch_.files().empty());
}

TEST_F(s3_download_test, answers_of_unknown_length) {
  s3_.put("/bucket/key", numbers(large), "crc64nvme");
  s3_.intercept([](const fake_s3::call&) {
    fake_s3::reply how;
    how.without_length = true;
    return how;
  });
  EXPECT_TRUE(content(open_file()) == numbers(large));
  EXPECT_EQ(s3_.call_count(), 1U);
}

TEST(S3Download, sizes_of_more_than_32_bits) {
  constexpr std::uint64_t size = 5'497'558'138'880;
  aws::object_request what;
  what.range = {size - 5, size};
  EXPECT_EQ(aws::encode_get_object(what).headers.back().second,
            "bytes=5497558138875-5497558138879");
  EXPECT_EQ(aws::parse_content_range("bytes 5497558138875-5497558138879/5497558138880")->total,
            size);
}

TEST_F(s3_download_test, a_download_that_moves_outlives_any_attempt_but_not_its_deadline) {
  s3_.put("/bucket/key", numbers(large));
  s3_.intercept([this](const fake_s3::call&) {
    fake_s3::reply how;
    how.hold_after = 100'000;
    how.hold = &hold_;
    return how;
  });
  const error_info why = failure(open_file(), {.stale_if_error = 0, .timeout = 100ms});
  EXPECT_EQ(why.kind, error_kind::timeout);
  settle();
  hold_.open();
}

TEST_F(s3_download_test, an_answer_that_stands_still_is_resumed) {
  settings_.connections = 1;
  settings_.idle_timeout = 50ms;
  s3_.put("/bucket/key", numbers(large), "crc32");
  s3_.intercept([this](const fake_s3::call& asked) {
    fake_s3::reply how;
    if (asked.number == 0) {
      how.hold_after = 100'000;
      how.hold = &hold_;
    }
    return how;
  });
  EXPECT_TRUE(content(open_file()) == numbers(large));
  EXPECT_EQ(s3_.calls()[1].range, "bytes=100000-");
  hold_.open();
}

}  // namespace
}  // namespace lambda_cache::test
