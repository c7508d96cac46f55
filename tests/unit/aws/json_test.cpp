#include "aws/json.hpp"

#include "core/secret_memory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

TEST(JsonDocument, LivesInSecretMemoryAndLeavesIt) {
  const std::size_t before = core::secret_bytes_in_use();
  {
    const std::string value(100'000, 's');
    const json_document document("{\"a\":\"" + value + "\"}");
    ASSERT_NE(document.object(), nullptr);
    EXPECT_EQ(find_text(*document.object(), "a"), value);
    EXPECT_GT(core::secret_bytes_in_use(), before + value.size());
  }
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

TEST(JsonDocument, TakesTheLastOfTwoMembersWithOneName) {
  const json_document document(R"({"a":"1","b":0,"a":"2"})");
  ASSERT_NE(document.object(), nullptr);
  EXPECT_EQ(find_text(*document.object(), "a"), "2");
}

TEST(JsonDocument, BoundsTheDepth) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_TRUE(json_document(nested(32)).valid());
  EXPECT_EQ(json_document(nested(33)).defect(), "is nested deeper than 32 levels");
  EXPECT_FALSE(json_document(std::string(1'000'000, '[')).valid());
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
  for (const std::string_view wrong :
       {"", " ", "{", "}", "{}x", "{'a':1}", "{\"a\":1,}", "\xef\xbb\xbf{}", "<html>",
        "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\n\"}", "nul"})
    EXPECT_EQ(json_document(wrong).defect(), "is not JSON") << wrong;
  EXPECT_EQ(json_document("[]").object(), nullptr);
  EXPECT_TRUE(json_document("[]").valid());
  EXPECT_EQ(json_document("[]").object_defect(), "is no JSON object");
  EXPECT_EQ(json_document("{").object_defect(), "is not JSON");
  EXPECT_EQ(json_document("{}").object_defect(), "");
}

TEST(FindText, TakesNullForAbsent) {
  const json_document document(R"({"n":null,"i":1,"t":""})");
  ASSERT_NE(document.object(), nullptr);
  EXPECT_EQ(find_member(*document.object(), "n"), nullptr);
  EXPECT_EQ(find_text(*document.object(), "n"), std::nullopt);
  EXPECT_EQ(find_text(*document.object(), "i"), std::nullopt);
  EXPECT_EQ(find_text(*document.object(), "t"), "");
}

TEST(ToInteger, TakesWholeNumbers) {
  const auto number = [](const std::string& text) {
    const json_document document("{\"n\":" + text + "}");
    return to_integer(*find_member(*document.object(), "n"));
  };
  EXPECT_EQ(number("7"), 7);
  EXPECT_EQ(number("-7"), -7);
  EXPECT_EQ(number("9223372036854775807"), 9'223'372'036'854'775'807);
  EXPECT_EQ(number("7.0"), 7);
  EXPECT_EQ(number("7e2"), 700);
  EXPECT_EQ(number("7.5"), std::nullopt);
  EXPECT_EQ(number("1e300"), std::nullopt);
  EXPECT_EQ(number("9223372036854775808"), std::nullopt);
  EXPECT_EQ(number("\"7\""), std::nullopt);
  EXPECT_EQ(number("true"), std::nullopt);
}

}  // namespace
}  // namespace lambda_cache::aws
