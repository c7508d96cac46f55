#include "support/test_ca.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace lambda_cache::test {
namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("test certificate: ") + what);
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, freed_by<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  require(write(out.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* to, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  require(extension != nullptr && X509_add_ext(to, extension.get(), -1) == 1, value.c_str());
}

certificate_ptr begin_certificate(EVP_PKEY* key, const std::string& name, long from, long until) {
  certificate_ptr made(X509_new());
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

}  // namespace

struct test_ca::impl {
  key_ptr key;
  certificate_ptr certificate;
};

test_ca::test_ca(const std::string& name) : impl_(std::make_unique<impl>()) {
  impl_->key.reset(EVP_EC_gen("P-256"));
  require(impl_->key != nullptr, "key");
  impl_->certificate = begin_certificate(impl_->key.get(), name, -7200, 7200);
  auto* made = impl_->certificate.get();
  X509_set_issuer_name(made, X509_get_subject_name(made));
  add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(made, made, NID_subject_key_identifier, "hash");
  require(X509_sign(made, impl_->key.get(), EVP_sha256()) > 0, "signature");
  certificate_ = pem([&](BIO* out) { return PEM_write_bio_X509(out, made); });
}

test_ca::~test_ca() = default;

identity test_ca::issue(const certificate_wish& wish) const {
  const key_ptr key(EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  const auto made = begin_certificate(key.get(), "server", wish.valid_from, wish.valid_until);
  X509_set_issuer_name(made.get(), X509_get_subject_name(impl_->certificate.get()));
  std::string names;
  for (const auto& one : wish.dns_names)
    names += (names.empty() ? "DNS:" : ",DNS:") + one;
  for (const auto& one : wish.addresses)
    names += (names.empty() ? "IP:" : ",IP:") + one;
  if (!names.empty()) {
    add_extension(made.get(), impl_->certificate.get(), NID_subject_alt_name, names);
  }
  add_extension(made.get(), impl_->certificate.get(), NID_authority_key_identifier, "keyid:always");
  require(X509_sign(made.get(), impl_->key.get(), EVP_sha256()) > 0, "signature");
  return {pem([&](BIO* out) { return PEM_write_bio_X509(out, made.get()); }), pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

temporary_file::temporary_file(const std::string& content) {
  const char* folder = std::getenv("TMPDIR");
  path_ = std::string(folder != nullptr ? folder : "/tmp") + "/lambda_cache_test_XXXXXX";
  const int fd = ::mkstemp(path_.data());
  require(fd >= 0, "temporary file");
  std::string_view rest = content;
  while (!rest.empty()) {
    const auto put = ::write(fd, rest.data(), rest.size());
    require(put > 0, "temporary file");
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  ::close(fd);
}

temporary_file::~temporary_file() {
  ::unlink(path_.c_str());
}

}  // namespace lambda_cache::test
