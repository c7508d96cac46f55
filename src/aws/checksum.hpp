// The checksums that S3 keeps with objects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace lambda_cache::aws {

enum class checksum_algorithm { crc32, crc32c, crc64nvme, sha1, sha256 };

/// "crc32", ...: also the end of the header's name, after "x-amz-checksum-".
[[nodiscard]] std::string_view to_string(checksum_algorithm algorithm) noexcept;
/// Bytes of a digest.
[[nodiscard]] std::size_t digest_size(checksum_algorithm algorithm) noexcept;
[[nodiscard]] constexpr bool is_crc(checksum_algorithm algorithm) noexcept {
  return algorithm <= checksum_algorithm::crc64nvme;
}

/// One checksum, fed piece by piece. Movable. Throws std::bad_alloc where OpenSSL gives up.
class checksum {
 public:
  explicit checksum(checksum_algorithm algorithm);
  void update(std::string_view bytes);
  /// For CRCs: as if the bytes behind `next`, `length` of them, had been fed too.
  void append(const checksum& next, std::uint64_t length) noexcept;
  [[nodiscard]] checksum_algorithm algorithm() const noexcept { return algorithm_; }
  /// The digest of what was fed so far, as raw big-endian bytes. A hash is at its end then.
  [[nodiscard]] std::string digest();

 private:
  struct free_context {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  checksum_algorithm algorithm_;
  std::uint64_t crc_ = 0;
  std::unique_ptr<evp_md_ctx_st, free_context> hash_;
};

[[nodiscard]] std::string base64(std::string_view bytes);
/// Nothing if the text is not base64 of exactly `size` bytes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text, std::size_t size);

}  // namespace lambda_cache::aws
