#include "aws/base64.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

std::string decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  EXPECT_TRUE(bytes) << text;
  return bytes ? std::string(bytes->begin(), bytes->end()) : "refused";
}

std::string encoded(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i])
                                                  : std::uint32_t{0});
    for (std::size_t i = 0; i < 4; ++i)
      out += at + i > bytes.size() ? '=' : digits[group >> (18 - 6 * i) & 63];
  }
  return out;
}

TEST(DecodeBase64, TheVectorsOfTheStandard) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
}

TEST(DecodeBase64, EveryByteAndEveryLength) {
  std::mt19937 random(3);  // NOLINT: the same in every run
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes(length, '\0');
    for (char& c : bytes)
      c = static_cast<char>(random());
    EXPECT_EQ(decoded(encoded(bytes)), bytes);
  }
  EXPECT_EQ(decoded("AAAA"), std::string(3, '\0'));
  EXPECT_EQ(decoded("+/+/"), "\xfb\xff\xbf");
}

TEST(DecodeBase64, LineBreaksAreSkipped) {
  EXPECT_EQ(decoded("Zm9v\r\nYg=\n=\n"), "foob");
}

TEST(DecodeBase64, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"Z", "Zg", "Zm8", "Zg=", "=", "====", "Z===", "Zg===", "Zm9v=", "Zg==Zg==", "Zm 9v", "Zm9-",
        "Zm9_", "Zg=v", "\xc3\xa9===", "Zm9v\t"})
    EXPECT_FALSE(decode_base64(text)) << text;
  EXPECT_FALSE(decode_base64(std::string_view("Zm9\0", 4)));
}

}  // namespace
}  // namespace lambda_cache::aws
