// Refusals, redirects, clocks, full disks.
#include "s3_fixture.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {

// The disk's room, for the files of this program; -1: as much as there is.
std::atomic<long long> room{-1};
std::atomic<bool> can_reserve{true};

}  // namespace

// Stand before the C library's: a disk that is full at a known byte, for any user and everywhere.
extern "C" ssize_t pwrite(int fd, const void* from, size_t size, off_t offset) {
  const long long left = room.load();
  if (left >= 0) {
    const long long fits = left - offset;
    if (fits <= 0) {
      errno = ENOSPC;
      return -1;
    }
    size = std::min(size, static_cast<size_t>(fits));
  }
  return ::syscall(SYS_pwrite64, fd, from, size, offset);
}

extern "C" int fallocate(int fd, int mode, off_t offset, off_t length) {
  if (!can_reserve) {
    errno = EOPNOTSUPP;
    return -1;
  }
  if (room.load() >= 0 && offset + length > room.load()) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fallocate, fd, mode, offset, length));
}

namespace lambda_cache::test {
namespace {

class s3_failure_test : public s3_fixture {
 protected:
  ~s3_failure_test() override {
    room = -1;
    can_reserve = true;
  }
};

std::string http_date(std::time_t when) {
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  char text[64];
  ::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

TEST_F(s3_failure_test, refusals_name_the_object_and_the_fix) {
  const std::tuple<int, const char*, error_kind> cases[] = {
      {404, "NoSuchKey", error_kind::not_found},
      {404, "NoSuchBucket", error_kind::not_found},
      {403, "AccessDenied", error_kind::access_denied},
      {403, "InvalidObjectState", error_kind::rejected},
      {400, "InvalidArgument", error_kind::rejected}};
  const auto entry = open_file();
  for (const auto& [status, code, kind] : cases) {
    s3_.intercept([&](const fake_s3::call&) {
      return fake_s3::reply{status, s3_error(code), "x-amz-request-id: the-id\r\n"};
    });
    const auto before = s3_.call_count();
    const error_info why = failure(entry);
    EXPECT_EQ(to_string(why.kind), to_string(kind)) << code;
    EXPECT_EQ(why.code, code);
    EXPECT_EQ(why.service, "s3");
    EXPECT_EQ(why.operation, "GetObject");
    EXPECT_EQ(why.name, "s3://bucket/key");
    EXPECT_EQ(why.request_id, "the-id");
    EXPECT_EQ(why.http_status, status);
    EXPECT_FALSE(why.retryable);
    EXPECT_NE(why.message.find("s3://bucket/key"), std::string::npos) << why.message;
    EXPECT_EQ(s3_.call_count(), before + 1) << "definite: asked once";
  }
  EXPECT_TRUE(scratch_.files().empty());
}

TEST_F(s3_failure_test, passing_refusals_are_tried_again) {
  s3_.put("/bucket/key", "the content");
  s3_.intercept([&](const fake_s3::call& asked) {
    if (asked.number == 0) return fake_s3::reply{503, s3_error("SlowDown")};
    if (asked.number == 1) return fake_s3::reply{500, s3_error("InternalError")};
    return fake_s3::reply{};
  });
  EXPECT_EQ(content(open_file()), "the content");
  EXPECT_EQ(s3_.call_count(), 3U);
  s3_.intercept([&](const fake_s3::call&) { return fake_s3::reply{503, s3_error("SlowDown")}; });
  const error_info why = failure(open_file());
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_EQ(s3_.call_count(), 6U);
  EXPECT_EQ(content_of(file()), "the content");
}

TEST_F(s3_failure_test, a_stale_file_is_served_while_s3_fails) {
  s3_.put("/bucket/key", "the content");
  const auto entry = open_file();
  EXPECT_EQ(content(entry), "the content");
  core::shift(70 * core::second, 70 * core::second, 70 * core::second);
  s3_.intercept([&](const fake_s3::call&) { return fake_s3::reply{503, s3_error("SlowDown")}; });
  const auto got = read(entry);
  EXPECT_EQ(got.from, cache::origin::stale);
  EXPECT_EQ(value_of(got)->view(), file());
}

TEST_F(s3_failure_test, the_region_is_learnt_from_refusals_and_kept) {
  s3_.put("/bucket/key", "the content");
  s3_.put("/other-bucket/key", "other");
  const fake_s3::reply redirects[] = {
      {301, s3_error("PermanentRedirect"), "x-amz-bucket-region: us-west-2\r\n"},
      {301, "", "x-amz-bucket-region: ap-south-1\r\n"},
      {307, s3_error("TemporaryRedirect"), "x-amz-bucket-region: sa-east-1\r\n"},
      {400, s3_error("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region>"), ""}};
  const char* const regions[] = {"us-west-2", "ap-south-1", "sa-east-1", "eu-central-1"};
  const auto entry = open_file();
  for (std::size_t i = 0; i < std::size(redirects); ++i) {
    s3_.intercept([&](const fake_s3::call& asked) {
      return asked.region == regions[i] ? fake_s3::reply{} : redirects[i];
    });
    EXPECT_EQ(content(entry, forced), "the content");
    EXPECT_EQ(s3_.calls().back().region, regions[i]);
    const auto calls = s3_.call_count();
    EXPECT_EQ(content(entry, forced), "the content");
    EXPECT_EQ(s3_.call_count(), calls + 1) << "the region is known now";
  }
  s3_.intercept(nullptr);
  EXPECT_EQ(content(open("s3://other-bucket/key", file("other"))), "other");
  EXPECT_EQ(s3_.calls().back().region, "eu-west-1") << "of each bucket its own";
}

TEST_F(s3_failure_test, redirects_that_lead_nowhere_are_errors) {
  const auto entry = open_file();
  // In circles, to itself, to another partition, to no region at all.
  s3_.intercept([&](const fake_s3::call& asked) {
    const char* other = asked.region == "us-west-2" ? "us-east-1" : "us-west-2";
    return fake_s3::reply{301, s3_error("PermanentRedirect"),
                          "x-amz-bucket-region: " + std::string(other) + "\r\n"};
  });
  const error_info why = failure(entry);
  EXPECT_EQ(why.code, "PermanentRedirect");
  EXPECT_LE(s3_.call_count(), 5U);
  for (const std::string region : {"us-west-2", "us-east-1", "cn-north-1", "../evil", ""}) {
    s3_.intercept([&](const fake_s3::call& asked) {
      return fake_s3::reply{
          301, s3_error("PermanentRedirect"),
          "x-amz-bucket-region: " + (region.starts_with("us-") ? asked.region : region) + "\r\n"};
    });
    const auto before = s3_.call_count();
    EXPECT_EQ(failure(entry).http_status, 301);
    EXPECT_EQ(s3_.call_count(), before + 1) << region;
  }
}

TEST_F(s3_failure_test, a_wrong_clock_is_corrected_once) {
  s3_.put("/bucket/key", "the content");
  s3_.intercept([&](const fake_s3::call& asked) {
    if (asked.number == 0)
      return fake_s3::reply{403, s3_error("RequestTimeTooSkewed"),
                            "Date: " + http_date(::time(nullptr) + 3600) + "\r\n"};
    return fake_s3::reply{};
  });
  EXPECT_EQ(content(open_file(), {.max_attempts = 1}), "the content");
  ASSERT_EQ(s3_.call_count(), 2U);
  EXPECT_NE(s3_.calls()[0].amz_date.substr(0, 11), s3_.calls()[1].amz_date.substr(0, 11));
}

TEST_F(s3_failure_test, a_304_that_nobody_asked_for_is_an_error) {
  s3_.intercept([](const fake_s3::call&) { return fake_s3::reply{304, "", "ETag: \"x\"\r\n"}; });
  const error_info why = failure(open_file());
  EXPECT_EQ(why.http_status, 304);
}

TEST_F(s3_failure_test, a_full_disk_is_told_and_the_old_file_stays) {
  for (const bool reserves : {true, false}) {
    room = -1;
    can_reserve = reserves;
    s3_.put("/bucket/key", "the content");
    const auto entry = open_file();
    EXPECT_EQ(content(entry, forced), "the content");
    room = 100'000;
    const auto sent = s3_.bytes_sent();
    s3_.put("/bucket/key", numbers(5'000'000));
    const auto beginnings = [this] {
      const auto calls = s3_.calls();
      return std::ranges::count(calls, std::string(), &fake_s3::call::range);
    };
    const auto before = beginnings();
    const error_info why = failure(entry);
    EXPECT_EQ(to_string(why.kind), "storage");
    EXPECT_TRUE(why.retryable) << "somebody may make room";
    EXPECT_NE(why.message.find("the disk is full"), std::string::npos) << why.message;
    EXPECT_NE(why.message.find("ephemeral storage"), std::string::npos) << why.message;
    EXPECT_NE(why.message.find(scratch_.path()), std::string::npos) << why.message;
    EXPECT_EQ(beginnings(), before + 1) << "not tried again by itself";
    if (reserves) {
      EXPECT_LT(s3_.bytes_sent() - sent, 5'000'000U) << "known before it is downloaded";
    }
    EXPECT_EQ(content_of(file()), "the content");
    EXPECT_EQ(scratch_.files(), std::vector<std::string>{"object"});
    // The value that is there goes on being served.
    core::shift(70 * core::second, 70 * core::second, 70 * core::second);
    EXPECT_EQ(read(entry).from, cache::origin::stale);
    room = -1;
    engine_.clear();
    EXPECT_EQ(content(entry, forced), numbers(5'000'000));
  }
}

TEST_F(s3_failure_test, a_directory_that_is_not_there) {
  s3_.put("/bucket/key", "the content");
  const error_info why = failure(open("s3://bucket/key", scratch_.path() + "/none/object"));
  EXPECT_EQ(to_string(why.kind), "storage");
  EXPECT_NE(why.message.find("/none"), std::string::npos) << why.message;
}

TEST_F(s3_failure_test, a_directory_in_the_files_place) {
  s3_.put("/bucket/key", "the content");
  std::filesystem::create_directories(file() + "/x");
  const error_info why = failure(open_file());
  EXPECT_EQ(to_string(why.kind), "storage") << why.message;
  EXPECT_EQ(scratch_.files(), std::vector<std::string>{"object"});
}

TEST_F(s3_failure_test, no_connection) {
  source();
  settings_.options.url.clear();
  // A second source, at a port where nobody listens.
  sources::s3_settings elsewhere = settings_;
  elsewhere.options.url = "http://127.0.0.1:1";
  elsewhere.endpoint = aws::resolve_endpoint("s3", "eu-west-1", elsewhere.options).value();
  const auto other = std::make_shared<sources::s3_source>(engine_, tools_, elsewhere);
  const sources::s3_object object{aws::parse_s3_uri("s3://bucket/key").value(), {}, file()};
  const std::string selector = sources::selector_of(object);
  const auto entry = engine_.open(cache::make_key({.service = "s3",
                                                   .endpoint = "other",
                                                   .region = "eu-west-1",
                                                   .credentials = "chain",
                                                   .name = "s3://bucket/key",
                                                   .selector = selector}),
                                  "s3://bucket/key", other);
  const error_info why = failure(entry);
  EXPECT_EQ(why.kind, error_kind::connection);
  EXPECT_NE(why.message.find("s3://bucket/key"), std::string::npos) << why.message;
  shut_down();
  other->close();
}

}  // namespace
}  // namespace lambda_cache::test
