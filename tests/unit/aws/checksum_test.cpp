#include "aws/checksum.hpp"

#include "aws/crc.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace lambda_cache::aws {
namespace {

constexpr checksum_algorithm all[] = {checksum_algorithm::crc32, checksum_algorithm::crc32c,
                                      checksum_algorithm::crc64nvme, checksum_algorithm::sha1,
                                      checksum_algorithm::sha256};
constexpr crc_kind kinds[] = {crc32_kind, crc32c_kind, crc64nvme_kind};

/// The definition, bit by bit.
std::uint64_t bitwise(const crc_kind& kind, std::string_view bytes) {
  const std::uint64_t ones = ~std::uint64_t{0} >> (64 - kind.bits);
  std::uint64_t crc = ones;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i)
      crc = (crc & 1) != 0 ? crc >> 1 ^ kind.polynomial : crc >> 1;
  }
  return crc ^ ones;
}

std::string some_bytes(std::mt19937& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out)
    c = static_cast<char>(random());
  return out;
}

std::string digest_of(checksum_algorithm algorithm, std::string_view text) {
  checksum sum(algorithm);
  sum.update(text);
  return base64(sum.digest());
}

TEST(Crc, CheckValuesOfTheStandards) {
  EXPECT_EQ(crc_update(crc32_kind, 0, "123456789"), 0xcbf43926U);
  EXPECT_EQ(crc_update(crc32c_kind, 0, "123456789"), 0xe3069283U);
  EXPECT_EQ(crc_update(crc64nvme_kind, 0, "123456789"), 0xae8b14860a799888U);
}

TEST(Crc, EveryWayEqualsTheDefinition) {
  std::mt19937 random(1);
  for (const crc_kind& kind : kinds) {
    for (std::size_t size = 0; size < 400; ++size) {
      const std::string bytes = some_bytes(random, size);
      const std::uint64_t expected = bitwise(kind, bytes);
      ASSERT_EQ(crc_update(kind, 0, bytes), expected) << kind.bits << ' ' << size;
      ASSERT_EQ(crc_update_portable(kind, 0, bytes), expected) << kind.bits << ' ' << size;
      const std::size_t cut = size == 0 ? 0 : random() % size;
      const std::string_view view = bytes;
      ASSERT_EQ(crc_update(kind, crc_update(kind, 0, view.substr(0, cut)), view.substr(cut)),
                expected)
          << kind.bits << ' ' << size << " cut at " << cut;
    }
  }
}

TEST(Crc, OfTwoStringsFromThatOfEach) {
  std::mt19937 random(2);
  for (const crc_kind& kind : kinds) {
    for (int i = 0; i < 300; ++i) {
      const std::string a = some_bytes(random, random() % 500);
      const std::string b = some_bytes(random, random() % 5 == 0 ? 0 : random() % 70'000);
      ASSERT_EQ(crc_combine(kind, crc_update(kind, 0, a), crc_update(kind, 0, b), b.size()),
                crc_update(kind, 0, a + b));
    }
    // More bits than 64 bits count: x^(8n) has the order of a power of two less one at most.
    const std::uint64_t far = crc_combine(kind, 1, 0, std::uint64_t{1} << 62);
    EXPECT_EQ(crc_combine(kind, far, 0, std::uint64_t{1} << 62),
              crc_combine(kind, 1, 0, std::uint64_t{1} << 63));
  }
}

TEST(Checksum, OfNothingAndOfPieces) {
  EXPECT_EQ(digest_of(checksum_algorithm::crc32, ""), "AAAAAA==");
  EXPECT_EQ(digest_of(checksum_algorithm::sha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(digest_of(checksum_algorithm::sha256, ""),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(digest_of(checksum_algorithm::crc64nvme, "123456789"), "rosUhgp5mIg=");
  for (const auto algorithm : all) {
    checksum sum(algorithm);
    sum.update("12345");
    sum.update("");
    sum.update("6789");
    EXPECT_EQ(base64(sum.digest()), digest_of(algorithm, "123456789")) << to_string(algorithm);
  }
}

TEST(Checksum, AppendsCrcs) {
  for (const auto algorithm : all) {
    if (!is_crc(algorithm)) continue;
    checksum first(algorithm);
    first.update("12345");
    checksum second(algorithm);
    second.update("6789");
    first.append(second, 4);
    EXPECT_EQ(base64(first.digest()), digest_of(algorithm, "123456789"));
  }
}

TEST(Base64, OnlyTheOneTextOfADigest) {
  std::mt19937 random(3);
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string bytes = some_bytes(random, size);
    EXPECT_EQ(from_base64(base64(bytes), size), bytes);
    EXPECT_EQ(from_base64(base64(bytes), size + 1), std::nullopt);
    EXPECT_EQ(from_base64(base64(bytes) + "\n", size), std::nullopt);
  }
  EXPECT_EQ(from_base64("AAAAAA==", 4), std::string(4, '\0'));
  for (const char* bad : {"AAAAAB==", "AAAAA===", "AAAA====", "AAAAAAA=", "AAAA-A==", "AA=AAA=="})
    EXPECT_EQ(from_base64(bad, 4), std::nullopt) << bad;
}

}  // namespace
}  // namespace lambda_cache::aws
