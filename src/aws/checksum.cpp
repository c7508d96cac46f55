#include "aws/checksum.hpp"

#include "aws/crc.hpp"

#include <openssl/evp.h>

#include <new>

namespace lambda_cache::aws {
namespace {

const crc_kind& kind_of(checksum_algorithm algorithm) noexcept {
  if (algorithm == checksum_algorithm::crc32) return crc32_kind;
  return algorithm == checksum_algorithm::crc32c ? crc32c_kind : crc64nvme_kind;
}

const EVP_MD* hash_of(checksum_algorithm algorithm) {
  return algorithm == checksum_algorithm::sha1 ? EVP_sha1() : EVP_sha256();
}

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string_view to_string(checksum_algorithm algorithm) noexcept {
  switch (algorithm) {
    case checksum_algorithm::crc32:
      return "crc32";
    case checksum_algorithm::crc32c:
      return "crc32c";
    case checksum_algorithm::crc64nvme:
      return "crc64nvme";
    case checksum_algorithm::sha1:
      return "sha1";
    case checksum_algorithm::sha256:
      return "sha256";
  }
  return "";
}

std::size_t digest_size(checksum_algorithm algorithm) noexcept {
  switch (algorithm) {
    case checksum_algorithm::crc32:
    case checksum_algorithm::crc32c:
      return 4;
    case checksum_algorithm::crc64nvme:
      return 8;
    case checksum_algorithm::sha1:
      return 20;
    case checksum_algorithm::sha256:
      return 32;
  }
  return 0;
}

void checksum::free_context::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

checksum::checksum(checksum_algorithm algorithm) : algorithm_(algorithm) {
  if (is_crc(algorithm_)) return;
  // As in crypto.cpp: no configuration file, nothing at exit.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  hash_.reset(EVP_MD_CTX_new());
  if (!hash_ || EVP_DigestInit_ex2(hash_.get(), hash_of(algorithm_), nullptr) != 1)
    throw std::bad_alloc();
}

void checksum::update(std::string_view bytes) {
  if (!hash_) {
    crc_ = crc_update(kind_of(algorithm_), crc_, bytes);
  } else if (EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size()) != 1) {
    throw std::bad_alloc();
  }
}

void checksum::append(const checksum& next, std::uint64_t length) noexcept {
  crc_ = crc_combine(kind_of(algorithm_), crc_, next.crc_, length);
}

std::string checksum::digest() {
  std::string out(digest_size(algorithm_), '\0');
  if (hash_) {
    if (EVP_DigestFinal_ex(hash_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1)
      throw std::bad_alloc();
    return out;
  }
  std::uint64_t rest = crc_;
  for (auto at = out.rbegin(); at != out.rend(); ++at, rest >>= 8)
    *at = static_cast<char>(rest & 255);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out.push_back(i <= count ? letters[group >> (18 - 6 * i) & 63] : '=');
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text, std::size_t size) {
  if (text.size() != (size + 2) / 3 * 4) return std::nullopt;
  std::string out;
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool padding = text[at] == '=' && at >= size * 4 / 3 + (size % 3 != 0 ? 1 : 0);
    const std::size_t value = padding ? 0 : letters.find(text[at]);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (at % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(group >> shift & 255));
    group = 0;
  }
  out.resize(size);
  // What stands in the bits that no byte uses counts, too: there is one text for one digest.
  if (base64(out) != text) return std::nullopt;
  return out;
}

}  // namespace lambda_cache::aws
