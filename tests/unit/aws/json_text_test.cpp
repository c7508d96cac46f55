#include "aws/json_text.hpp"

#include "aws/json.hpp"

#include <boost/json/string.hpp>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace lambda_cache::aws {
namespace {

std::string written(std::string_view text) {
  core::secret_bytes out;
  append_json_string(out, text);
  return {out.begin(), out.end()};
}

/// Eight bytes are looked at together: one that is no plain text is found wherever it stands.
std::string in_the_middle(std::size_t before, std::string_view what, std::size_t after) {
  return std::string(before, 'a') + std::string(what) + std::string(after, 'z');
}

TEST(json_text_test, every_ascii_byte_at_every_place) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const char c = static_cast<char>(byte);
    std::string expected(1, c);
    if (c == '"' || c == '\\') {
      expected = std::string("\\") + c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      expected = c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(byte));
      expected = code;
    }
    for (std::size_t before = 0; before < 18; ++before)
      for (const std::size_t after : {0U, 1U, 7U, 8U, 9U})
        ASSERT_EQ(written(in_the_middle(before, std::string(1, c), after)),
                  '"' + in_the_middle(before, expected, after) + '"')
            << byte << " behind " << before;
  }
}

TEST(json_text_test, longer_characters_at_every_place) {
  for (const char* text : {"ä", "€", "𝄞"})
    for (std::size_t before = 0; before < 18; ++before)
      ASSERT_EQ(written(in_the_middle(before, text, 9)),
                '"' + in_the_middle(before, text, 9) + '"');
}

TEST(json_text_test, broken_utf8_becomes_the_replacement_character) {
  for (const char* text : {"\x80", "\xff", "\xc3", "\xed\xa0\x80"})
    for (std::size_t before = 0; before < 18; ++before) {
      const std::string out = written(in_the_middle(before, text, 9));
      ASSERT_NE(out.find("\xef\xbf\xbd"), std::string::npos);
      const json_document read("{\"text\":" + out + "}");
      ASSERT_TRUE(read.valid()) << out;
    }
}

}  // namespace
}  // namespace lambda_cache::aws
