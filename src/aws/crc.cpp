#include "aws/crc.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lambda_cache::aws {
namespace {

// A polynomial over GF(2) is kept reflected: bit (bits - 1) is the coefficient of x^0.

/// x * a mod P.
constexpr std::uint64_t times_x(const crc_kind& kind, std::uint64_t a) noexcept {
  return a >> 1 ^ ((a & 1) != 0 ? kind.polynomial : 0);
}

/// a * b mod P.
constexpr std::uint64_t times(const crc_kind& kind, std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  for (std::uint64_t bit = std::uint64_t{1} << (kind.bits - 1); bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = times_x(kind, b);
  }
  return product;
}

/// x^n mod P.
constexpr std::uint64_t power_of_x(const crc_kind& kind, std::uint64_t n) noexcept {
  std::uint64_t result = std::uint64_t{1} << (kind.bits - 1);  // 1
  std::uint64_t square = result >> 1;                          // x
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) result = times(kind, result, square);
    square = times(kind, square, square);
  }
  return result;
}

constexpr std::uint64_t all_ones(const crc_kind& kind) noexcept {
  return ~std::uint64_t{0} >> (64 - kind.bits);
}

/// For eight bytes at once: table[k] is of a byte with k bytes behind it.
using tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr tables make_tables(const crc_kind& kind) noexcept {
  tables out{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int i = 0; i < 8; ++i)
      crc = times_x(kind, crc);
    out[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      out[k][byte] = out[k - 1][byte] >> 8 ^ out[0][out[k - 1][byte] & 255];
  return out;
}

const tables& tables_of(const crc_kind& kind) noexcept {
  if (kind.bits == 64) {
    static const tables crc64nvme = make_tables(crc64nvme_kind);
    return crc64nvme;
  }
  if (kind.polynomial == crc32c_kind.polynomial) {
    static const tables crc32c = make_tables(crc32c_kind);
    return crc32c;
  }
  static const tables crc32 = make_tables(crc32_kind);
  return crc32;
}

/// Without the inversions.
std::uint64_t plain_update(const crc_kind& kind, std::uint64_t crc,
                           std::string_view bytes) noexcept {
  const tables& t = tables_of(kind);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);  // little-endian, as every machine that this is built for
    crc ^= word;
    crc = t[7][crc & 255] ^ t[6][crc >> 8 & 255] ^ t[5][crc >> 16 & 255] ^ t[4][crc >> 24 & 255] ^
          t[3][crc >> 32 & 255] ^ t[2][crc >> 40 & 255] ^ t[1][crc >> 48 & 255] ^ t[0][crc >> 56];
  }
  for (; left > 0; --left, ++at)
    crc = crc >> 8 ^ t[0][(crc ^ static_cast<unsigned char>(*at)) & 255];
  return crc;
}

#if defined(__x86_64__)

/// What moves 128 bits by `distance` bits: multiplied with the low and the high 64 of them.
///
/// The reflected 64-bit halves hold the polynomial L(x) * x^64 + H(x), L from the lower addresses.
/// A carry-less product of two reflected 64-bit words comes out times x too much, so the constants
/// are one power lower; shorter CRCs stand at the top of their word, as a remainder does.
struct fold_constants {
  std::uint64_t low;
  std::uint64_t high;
};

constexpr std::uint64_t as_word(const crc_kind& kind, std::uint64_t power) noexcept {
  return kind.bits == 64 ? power : power << (64 - kind.bits);
}

constexpr fold_constants fold_by(const crc_kind& kind, std::uint64_t distance) noexcept {
  return {as_word(kind, power_of_x(kind, distance + 63)),
          as_word(kind, power_of_x(kind, distance - 1))};
}

struct folding {
  fold_constants by_64_bytes;
  fold_constants by_16_bytes;
};

constexpr folding folding_of(const crc_kind& kind) noexcept {
  return {fold_by(kind, 512), fold_by(kind, 128)};
}

const folding& constants_of(const crc_kind& kind) noexcept {
  static constexpr folding crc64nvme = folding_of(crc64nvme_kind);
  static constexpr folding crc32c = folding_of(crc32c_kind);
  static constexpr folding crc32 = folding_of(crc32_kind);
  if (kind.bits == 64) return crc64nvme;
  return kind.polynomial == crc32c_kind.polynomial ? crc32c : crc32;
}

__attribute__((target("pclmul,sse2"))) inline __m128i load(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

__attribute__((target("pclmul,sse2"))) inline __m128i fold(__m128i value, __m128i by,
                                                           __m128i next) noexcept {
  const __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// Folds all whole blocks of 16 bytes into one, whose CRC is that of all of them. 64 bytes or more.
__attribute__((target("pclmul,sse2"))) std::uint64_t folded_update(
    const crc_kind& kind, std::uint64_t crc, std::string_view bytes) noexcept {
  const folding& with = constants_of(kind);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  __m128i lanes[4];
  for (std::size_t i = 0; i < 4; ++i)
    lanes[i] = load(at + 16 * i);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128(static_cast<long long>(crc)));
  at += 64;
  left -= 64;
  const __m128i by_64 = _mm_set_epi64x(static_cast<long long>(with.by_64_bytes.high),
                                       static_cast<long long>(with.by_64_bytes.low));
  for (; left >= 64; left -= 64, at += 64)
    for (std::size_t i = 0; i < 4; ++i)
      lanes[i] = fold(lanes[i], by_64, load(at + 16 * i));
  const __m128i by_16 = _mm_set_epi64x(static_cast<long long>(with.by_16_bytes.high),
                                       static_cast<long long>(with.by_16_bytes.low));
  __m128i one = lanes[0];
  for (std::size_t i = 1; i < 4; ++i)
    one = fold(one, by_16, lanes[i]);
  for (; left >= 16; left -= 16, at += 16)
    one = fold(one, by_16, load(at));
  std::array<char, 16> block{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(block.data()), one);
  const std::uint64_t so_far = plain_update(kind, 0, {block.data(), block.size()});
  return plain_update(kind, so_far, {at, left});
}

bool can_fold() noexcept {
  static const bool can = __builtin_cpu_supports("pclmul") != 0;
  return can;
}

#endif

}  // namespace

std::uint64_t crc_update_portable(const crc_kind& kind, std::uint64_t crc,
                                  std::string_view bytes) noexcept {
  return plain_update(kind, crc ^ all_ones(kind), bytes) ^ all_ones(kind);
}

std::uint64_t crc_update(const crc_kind& kind, std::uint64_t crc, std::string_view bytes) noexcept {
#if defined(__x86_64__)
  if (bytes.size() >= 64 && can_fold())
    return folded_update(kind, crc ^ all_ones(kind), bytes) ^ all_ones(kind);
#endif
  return crc_update_portable(kind, crc, bytes);
}

std::uint64_t crc_combine(const crc_kind& kind, std::uint64_t first, std::uint64_t second,
                          std::uint64_t second_length) noexcept {
  // The inversions cancel out: crc(AB) = crc(A) * x^(8|B|) + crc(B).
  // 8 * length may be more than 64 bits count; x^8 is raised instead.
  std::uint64_t power = power_of_x(kind, 0);
  std::uint64_t square = power_of_x(kind, 8);
  for (std::uint64_t n = second_length; n != 0; n >>= 1) {
    if ((n & 1) != 0) power = times(kind, power, square);
    square = times(kind, square, square);
  }
  return times(kind, first, power) ^ second;
}

}  // namespace lambda_cache::aws
