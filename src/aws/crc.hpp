// Cyclic redundancy checks of up to 64 bits, bit-reflected.
//
// Own code because none of Debian's libraries has all three, and because tables, zlib's too, manage
// less than 1 GB/s of a core, which would be the dearest part of a download. Here all three are
// folded by carry-less multiplication: more than 10 GB/s. Constants are computed, not copied, and
// tests compare every way with the definition, bit by bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lambda_cache::aws {

/// Polynomials with the highest power left out, the coefficient of x^0 in the highest bit.
struct crc_kind {
  std::uint64_t polynomial;  // reflected
  int bits;
};
inline constexpr crc_kind crc32_kind{0xedb88320, 32};
inline constexpr crc_kind crc32c_kind{0x82f63b78, 32};
inline constexpr crc_kind crc64nvme_kind{0x9a6c9329ac4bc9b5, 64};

/// `crc` with `bytes` behind what it is of; 0 is the CRC of nothing. (Inverted before and after, as
/// all three are defined.)
[[nodiscard]] std::uint64_t crc_update(const crc_kind& kind, std::uint64_t crc,
                                       std::string_view bytes) noexcept;
/// The CRC of two byte strings, one behind the other, from that of each and the second's length.
[[nodiscard]] std::uint64_t crc_combine(const crc_kind& kind, std::uint64_t first,
                                        std::uint64_t second, std::uint64_t second_length) noexcept;

/// Without instructions that not every processor has; for tests.
[[nodiscard]] std::uint64_t crc_update_portable(const crc_kind& kind, std::uint64_t crc,
                                                std::string_view bytes) noexcept;

}  // namespace lambda_cache::aws
