#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace lambda_cache::benchmarks {
namespace {

template <class T>
T* need(T* made) {
  if (made == nullptr) {
    std::fputs("the endpoint's certificate could not be made\n", stderr);
    std::exit(1);
  }
  return made;
}

void add_extension(X509* to, X509* issuer, int nid, const char* text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* made = need(X509V3_EXT_conf_nid(nullptr, &context, nid, text));
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

X509* make_certificate(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* issuer_key,
                       long serial) {
  X509* made = need(X509_new());
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 24L * 3600);
  X509_set_pubkey(made, key);
  X509_NAME* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(made, issuer == nullptr ? subject : X509_get_subject_name(issuer));
  const bool is_ca = issuer == nullptr;
  add_extension(made, is_ca ? made : issuer, NID_basic_constraints,
                is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(made, is_ca ? made : issuer, NID_subject_key_identifier, "hash");
  if (is_ca) {
    add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(made, issuer, NID_authority_key_identifier, "keyid");
    add_extension(made, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
    add_extension(made, issuer, NID_ext_key_usage, "serverAuth");
    add_extension(made, issuer, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  }
  if (X509_sign(made, issuer_key == nullptr ? key : issuer_key, EVP_sha256()) == 0)
    need<X509>(nullptr);
  return made;
}

}  // namespace

certificates make_certificates() {
  EVP_PKEY* ca_key = need(EVP_RSA_gen(2048));
  X509* ca = make_certificate(ca_key, "lambda_cache benchmarks CA", nullptr, nullptr, 1);
  certificates made;
  made.key = need(EVP_RSA_gen(2048));
  made.leaf = make_certificate(made.key, "localhost", ca, ca_key, 2);

  BIO* text = need(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text, ca);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  made.ca_pem.assign(data, static_cast<std::size_t>(size));
  BIO_free(text);
  X509_free(ca);
  EVP_PKEY_free(ca_key);
  return made;
}

}  // namespace lambda_cache::benchmarks
