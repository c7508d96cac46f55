#include "aws/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace lambda_cache::aws {
namespace {

void require(int success) {
  if (success != 1) throw std::bad_alloc();
}

const EVP_MD* sha256_algorithm() {
  // Fetched once and kept: a fetch per hash costs more than the hash. No configuration file is
  // read and nothing runs at exit, because the host program may use OpenSSL in its own way.
  static const EVP_MD* algorithm = [] {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
    return EVP_MD_fetch(nullptr, "SHA256", nullptr);
  }();
  if (algorithm == nullptr) throw std::bad_alloc();
  return algorithm;
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
  }
  return out;
}

std::string_view as_text(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void sha256_stream::free_context::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

sha256_stream::sha256_stream() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require(EVP_DigestInit_ex2(context_.get(), sha256_algorithm(), nullptr));
}

void sha256_stream::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

sha256_digest sha256_stream::finish() {
  sha256_digest digest;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return digest;
}

sha256_digest sha256(std::string_view bytes) {
  sha256_stream stream;
  stream.update(bytes);
  return stream.finish();
}

// RFC 2104 on the kept algorithm. OpenSSL 3's HMAC() looks up its MAC and its digest by name in
// every call, which takes longer than the hashing.
sha256_digest hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, 64> pad{};
  if (key.size() > pad.size()) {
    const sha256_digest shortened = sha256(key);
    std::ranges::copy(shortened, pad.begin());
  } else {
    std::ranges::copy(key, pad.begin());
  }
  for (unsigned char& byte : pad)
    byte ^= 0x36;
  sha256_stream inner;
  inner.update(as_text(pad));
  inner.update(message);
  sha256_digest digest = inner.finish();

  for (unsigned char& byte : pad)
    byte ^= 0x36 ^ 0x5c;
  sha256_stream outer;
  outer.update(as_text(pad));
  outer.update(as_text(digest));
  digest = outer.finish();
  wipe(pad);
  return digest;
}

void wipe(std::span<unsigned char> bytes) noexcept {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

void wipe(std::string& text) noexcept {
  OPENSSL_cleanse(text.data(), text.size());
}

std::string hex(const sha256_digest& digest) {
  return hexadecimal(digest);
}

std::string sha1_hex(std::string_view text) {
  (void)sha256_algorithm();  // OpenSSL is initialised there
  std::array<unsigned char, 20> digest{};
  require(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr));
  return hexadecimal(digest);
}

}  // namespace lambda_cache::aws
