#include "aws/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws::text {
namespace {

TEST(Utf8Sequence, AcceptsTheFirstAndLastCodePointOfEachLength) {
  EXPECT_EQ(utf8_sequence(std::string_view("\x00", 1)), 1U);
  EXPECT_EQ(utf8_sequence("\x7f"), 1U);
  EXPECT_EQ(utf8_sequence("\xc2\x80"), 2U);
  EXPECT_EQ(utf8_sequence("\xdf\xbf"), 2U);
  EXPECT_EQ(utf8_sequence("\xe0\xa0\x80"), 3U);
  EXPECT_EQ(utf8_sequence("\xed\x9f\xbf"), 3U);
  EXPECT_EQ(utf8_sequence("\xee\x80\x80"), 3U);
  EXPECT_EQ(utf8_sequence("\xef\xbf\xbf"), 3U);
  EXPECT_EQ(utf8_sequence("\xf0\x90\x80\x80"), 4U);
  EXPECT_EQ(utf8_sequence("\xf4\x8f\xbf\xbf"), 4U);
}

TEST(Utf8Sequence, RefusesWhatIsNotUtf8) {
  for (const std::string_view broken :
       {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xe2\x82", "\xe2\x82\x41", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf0\x9f\x98", "\xf5\x80\x80\x80", "\xff"})
    EXPECT_EQ(utf8_sequence(broken), 0U) << quoted(broken);
}

TEST(Printable, KeepsTextAsItIs) {
  EXPECT_EQ(printable("Grüße, 世界 😀", 100), "Grüße, 世界 😀");
  EXPECT_EQ(printable("", 100), "");
}

TEST(Printable, MakesControlCharactersOneSpace) {
  EXPECT_EQ(printable("a\r\n\tb\x1b[31m\x7f", 100), "a b [31m");
  EXPECT_EQ(printable("a\xc2\x85\xc2\x9f"
                      "b",
                      100),
            "a b");
  EXPECT_EQ(printable(std::string_view("a\0b", 3), 100), "a b");
}

TEST(Printable, MarksBrokenUtf8) {
  EXPECT_EQ(printable("a\xff\xe2\x82z", 100),
            "a???"
            "z");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(printable("abcdeü", 6), "abcde...");
}

TEST(Printable, CountsASpaceBeforeTheCut) {
  EXPECT_EQ(printable("a b", 1), "a...");
  EXPECT_EQ(printable("a \n", 1), "a");
}

TEST(Ifind, IgnoresAsciiCase) {
  EXPECT_EQ(ifind("Signature Expired", "expired"), 10U);
  EXPECT_EQ(ifind("abc", ""), 0U);
  EXPECT_EQ(ifind("abc", "abcd"), std::string_view::npos);
  EXPECT_FALSE(icontains("", "a"));
}

}  // namespace
}  // namespace lambda_cache::aws::text
