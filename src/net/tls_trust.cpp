#include "net/tls_trust.hpp"

#include "net/amazon_roots.hpp"
#include "net/tls_stream.hpp"

#include <openssl/ssl.h>

#include <array>
#include <utility>

namespace lambda_cache::net {
namespace {

// The DNS suffixes of the partitions: aws, aws-cn, aws-us-gov, aws-eusc, aws-iso, -b, -e, -f.
constexpr std::array<std::string_view, 14> aws_suffixes{
    "amazonaws.com",    "api.aws",
    "amazonaws.com.cn", "api.amazonwebservices.com.cn",
    "amazonaws.eu",     "api.amazonwebservices.eu",
    "c2s.ic.gov",       "api.aws.ic.gov",
    "sc2s.sgov.gov",    "api.aws.scloud",
    "cloud.adc-e.uk",   "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",   "api.aws.hci.ic.gov"};

constexpr std::array<const char*, 4> usual_stores{"/etc/pki/tls/certs/ca-bundle.crt",
                                                  "/etc/ssl/certs/ca-certificates.crt",
                                                  "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

bool same_letters(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

core::result<std::unique_ptr<certificate_set>> load_file(const std::string& path,
                                                         std::string_view variable) {
  const auto refuse = [&](const std::string& reason) {
    return core::fail(core::make_error(
        error_kind::tls, "cannot use the CA certificates that " + std::string(variable) +
                             " points to: " + reason +
                             ". Set it to a readable PEM file with at least one certificate"));
  };
  const auto text = read_text_file(path);
  if (!text) return refuse(text.error().message);
  auto made = std::make_unique<certificate_set>(*text);
  if (made->empty()) return refuse(path + " holds no PEM certificate");
  return made;
}

}  // namespace

bool is_aws_host(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  for (const auto suffix : aws_suffixes) {
    if (host.size() <= suffix.size()) continue;
    const auto at = host.size() - suffix.size();
    if (host[at - 1] == '.' && same_letters(host.substr(at), suffix)) return true;
  }
  return false;
}

tls_trust::tls_trust(tls_settings settings) : settings_(std::move(settings)) {}

tls_trust::~tls_trust() {
  for (auto& one : slots_)
    SSL_CTX_free(one.context);
}

trust_anchors tls_trust::first_for(std::string_view host) const noexcept {
  if (!settings_.ca_bundle.empty()) return trust_anchors::ca_bundle;
  return is_aws_host(host) ? trust_anchors::amazon_roots : trust_anchors::system_store;
}

trust_anchors tls_trust::for_proxies() const noexcept {
  return settings_.ca_bundle.empty() ? trust_anchors::system_store : trust_anchors::ca_bundle;
}

core::result<std::unique_ptr<certificate_set>> tls_trust::load(trust_anchors anchors) const {
  if (anchors == trust_anchors::amazon_roots) {
    return std::make_unique<certificate_set>(amazon_roots_pem);
  }
  if (anchors == trust_anchors::ca_bundle) return load_file(settings_.ca_bundle, "AWS_CA_BUNDLE");
  if (!settings_.system_bundle.empty()) return load_file(settings_.system_bundle, "SSL_CERT_FILE");
  std::string tried;
  for (const auto* path : usual_stores) {
    if (auto made = load_file(path, "")) return made;
    tried += std::string(tried.empty() ? "" : ", ") + path;
  }
  return core::fail(core::make_error(
      error_kind::tls, "found no CA certificates of the system (tried " + tried +
                           "). Install the package ca-certificates, or set AWS_CA_BUNDLE to your "
                           "CA's PEM file"));
}

core::result<SSL_CTX*> tls_trust::context(trust_anchors anchors) {
  auto& wanted = slots_[static_cast<std::size_t>(anchors)];
  if (wanted.context != nullptr) return wanted.context;
  auto certificates = load(anchors);
  if (!certificates) return core::fail(std::move(certificates.error()));
  SSL_CTX* made = new_client_context();
  if (made == nullptr || !(*certificates)->serve(SSL_CTX_get_cert_store(made))) {
    SSL_CTX_free(made);
    return core::fail(core::make_error(error_kind::tls, "OpenSSL could not be initialised"));
  }
  wanted.certificates = std::move(*certificates);
  wanted.context = made;
  return made;
}

}  // namespace lambda_cache::net
