#include "aws/timestamps.hpp"

#include "aws/service_error.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace lambda_cache::aws {
namespace {

constexpr std::int64_t example = 784'111'777;  // 1994-11-06T08:49:37Z, RFC 9110's own

TEST(FormatAmzDate, WritesBasicIso8601) {
  EXPECT_EQ(format_amz_date(0), "19700101T000000Z");
  EXPECT_EQ(format_amz_date(1'440'938'160), "20150830T123600Z");
  EXPECT_EQ(format_amz_date(951'782'400), "20000229T000000Z");
  EXPECT_EQ(format_amz_date(951'868'799), "20000229T235959Z");
  EXPECT_EQ(format_amz_date(4'107'542'399), "21000228T235959Z");
  EXPECT_EQ(format_amz_date(4'107'542'400), "21000301T000000Z");
  EXPECT_EQ(format_amz_date(-1), "19691231T235959Z");
}

TEST(FormatAmzDate, StaysInFourDigitYears) {
  EXPECT_EQ(format_amz_date(std::numeric_limits<std::int64_t>::max()), "99991231T235959Z");
  EXPECT_EQ(format_amz_date(std::numeric_limits<std::int64_t>::min()), "00000101T000000Z");
}

TEST(ParseIso8601, ReadsWhatCredentialEndpointsSend) {
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37Z"), example);
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.999999Z"), example);
  EXPECT_EQ(parse_iso8601("1994-11-06 08:49:37+00:00"), example);
  EXPECT_EQ(parse_iso8601("1994-11-06T10:49:37+02:00"), example);
  EXPECT_EQ(parse_iso8601("1994-11-06T03:19:37-0530"), example);
  EXPECT_EQ(parse_iso8601("2000-02-29T00:00:00Z"), 951'782'400);
}

TEST(ParseIso8601, RefusesTheRest) {
  for (const std::string_view wrong :
       {"", "now", "1994-11-06", "1994-11-06T08:49:37", "1994-11-06T08:49:37.Z",
        "1994-11-06T08:49:37Zx", "1994-13-06T08:49:37Z", "1994-02-29T08:49:37Z",
        "1994-11-00T08:49:37Z", "1994-11-06T24:00:00Z", "1994-11-06T08:60:00Z",
        "1994-11-06T08:49:61Z", "1994-11-06T08:49:37+24:00", "1994-11-06T08:49:37+2",
        "199a-11-06T08:49:37Z", "784111777"})
    EXPECT_EQ(parse_iso8601(wrong), std::nullopt) << wrong;
}

TEST(ParseHttpDate, ReadsAllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);
  EXPECT_EQ(parse_http_date("Thu Nov 24 08:49:37 1994"), example + 18 * 86'400);
  EXPECT_EQ(parse_http_date("Monday, 01-Jan-29 00:00:00 GMT"), 1'861'920'000);
}

TEST(ParseHttpDate, TakesALeapSecond) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), 1'483'228'800);
}

TEST(ParseHttpDate, RefusesTheRest) {
  for (const std::string_view wrong :
       {"", " ", ",", "Sun,", "Sun", "0", "Sun, 06 Nov 1994 08:49:37", "06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "Sun, 06 Nov 1994 25:00:00 GMT"})
    EXPECT_EQ(parse_http_date(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace lambda_cache::aws
