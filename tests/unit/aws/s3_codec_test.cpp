#include "aws/s3_codec.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace lambda_cache::aws {
namespace {

using headers = std::map<std::string, std::string, std::less<>>;

core::result<object_head> head(int status, const headers& of) {
  return read_object_head(status, [&of](std::string_view name) -> std::string_view {
    const auto found = of.find(name);
    return found == of.end() ? std::string_view() : std::string_view(found->second);
  });
}

TEST(ContentRange, OnlyARangeOfAKnownWhole) {
  const auto range = parse_content_range("bytes 10-19/100");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, 10U);
  EXPECT_EQ(range->end, 20U);
  EXPECT_EQ(range->total, 100U);
  EXPECT_EQ(parse_content_range("Bytes 0-0/1")->end, 1U);
  EXPECT_EQ(parse_content_range("bytes 5497558138880-5497558138999/5497558139000")->total,
            5497558139000U);
  for (const char* bad :
       {"", "bytes", "bytes ", "bytes 0-9", "bytes 0-9/*", "bytes */9", "bytes 5-4/9",
        "bytes 0-9/9", "bytes -1-4/9", "bytes 0-9/10 ", "bytes 0--9/10", "items 0-1/2",
        "bytes 0/9-1", "bytes 0-/10", "bytes 99999999999999999999-1/2", "bytes +0-1/2"})
    EXPECT_FALSE(parse_content_range(bad)) << bad;
}

TEST(Checksums, OfWholesAndOfParts) {
  const auto whole = parse_checksum(checksum_algorithm::crc64nvme, "rosUhgp5mIg=");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->parts, 0U);
  EXPECT_EQ(whole->digest.size(), 8U);
  const auto parts = parse_checksum(checksum_algorithm::crc32, "AAAAAA==-10000", "COMPOSITE");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->parts, 10'000U);
  for (const char* bad : {"", "-", "-3", "AAAAAA==-", "AAAAAA==-0", "AAAAAA==-x", "AAAAAA==--1",
                          "AAAAAA==-1000000", "AAAAAA", "rosUhgp5mIg=", "AAAAAA== "})
    EXPECT_FALSE(parse_checksum(checksum_algorithm::crc32, bad)) << bad;
  EXPECT_FALSE(parse_checksum(checksum_algorithm::crc32, "AAAAAA==", "COMPOSITE"))
      << "of parts, but not of how many";
  EXPECT_TRUE(parse_checksum(checksum_algorithm::crc32, "AAAAAA==", "FULL_OBJECT"));
}

TEST(ObjectHead, OfAWholeAnswer) {
  const auto got = head(200, {{"etag", "\"abc-3\""},
                              {"content-length", "5368709120000"},
                              {"content-type", "text/plain"},
                              {"x-amz-version-id", "v1"},
                              {"x-amz-mp-parts-count", "3"},
                              {"x-amz-checksum-sha256", "nonsense"},
                              {"x-amz-checksum-crc32", "AAAAAA==-3"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->etag, "\"abc-3\"");
  EXPECT_EQ(got->size, 5368709120000U);
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->version_id, "v1");
  EXPECT_EQ(got->parts, 3U);
  EXPECT_FALSE(got->range);
  ASSERT_TRUE(got->checksum);
  EXPECT_EQ(got->checksum->parts, 3U);
}

TEST(ObjectHead, AWholeChecksumGoesBeforeOneOfParts) {
  const auto got = head(200, {{"x-amz-checksum-crc32c", "AAAAAA==-3"},
                              {"x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}});
  ASSERT_TRUE(got && got->checksum);
  EXPECT_EQ(got->checksum->algorithm, checksum_algorithm::sha1);
  EXPECT_FALSE(got->size) << "no length, no size";
}

TEST(ObjectHead, OfAPart) {
  const auto got = head(206, {{"content-range", "bytes 5-9/10"}, {"content-length", "5"}});
  ASSERT_TRUE(got && got->range);
  EXPECT_EQ(got->size, 10U);
  const auto bad = head(206, {{"content-length", "5"}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, error_kind::protocol);
}

TEST(GetObject, SaysWhatIsAsked) {
  const auto plain = encode_get_object({});
  EXPECT_EQ(plain.query, "");
  ASSERT_EQ(plain.headers.size(), 1U);
  EXPECT_EQ(plain.headers[0].first, "x-amz-checksum-mode");
  const auto all = encode_get_object({.version_id = "a/b+c",
                                      .if_none_match = "\"x\"",
                                      .if_match = "\"y\"",
                                      .range = std::pair{std::uint64_t{8}, std::uint64_t{16}},
                                      .part_number = 7});
  EXPECT_EQ(all.query, "partNumber=7&versionId=a%2Fb%2Bc");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"x-amz-checksum-mode", "ENABLED"},
      {"If-None-Match", "\"x\""},
      {"If-Match", "\"y\""},
      {"Range", "bytes=8-15"}};
  EXPECT_EQ(all.headers, expected);
}

TEST(HostileBytes, HeadersOfAnyKind) {
  std::mt19937 random(4);
  const std::string alphabet = "bytes 0123456789-/*=+ABCxyz\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? "bytes " : "";
    for (std::size_t n = random() % 30; n > 0; --n)
      text += alphabet[random() % alphabet.size()];
    if (const auto range = parse_content_range(text)) {
      EXPECT_LT(range->begin, range->end);
      EXPECT_LE(range->end, range->total);
    }
    if (const auto sum = parse_checksum(checksum_algorithm::crc32, text)) {
      EXPECT_EQ(sum->digest.size(), 4U);
    }
  }
}

}  // namespace
}  // namespace lambda_cache::aws
