// SHA-256 and HMAC over it, with intermediate state wiped.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace lambda_cache::aws {

using sha256_digest = std::array<unsigned char, 32>;

/// A hash that is fed piece by piece, so that what is hashed need not be put together in memory.
/// Throws std::bad_alloc where OpenSSL gives up: it has no other reason to.
class sha256_stream {
 public:
  sha256_stream();
  void update(std::string_view bytes);
  [[nodiscard]] sha256_digest finish();

 private:
  struct free_context {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

[[nodiscard]] sha256_digest sha256(std::string_view bytes);
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view message);

/// SHA-1 in lowercase hexadecimal: the AWS CLI names its cached tokens by it. For nothing else.
[[nodiscard]] std::string sha1_hex(std::string_view text);

/// Overwrites memory in a way that the compiler keeps.
void wipe(std::span<unsigned char> bytes) noexcept;
void wipe(std::string& text) noexcept;

/// Lowercase hexadecimal.
[[nodiscard]] std::string hex(const sha256_digest& digest);

}  // namespace lambda_cache::aws
