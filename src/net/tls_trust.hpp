// Whose certificates are believed, and the OpenSSL contexts that go with it.
#pragma once

#include "core/result.hpp"
#include "net/certificate_set.hpp"
#include "net/http_client.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace lambda_cache::net {

enum class trust_anchors {
  amazon_roots,  // built in: costs no file and is enough for AWS
  system_store,
  ca_bundle,  // the user's own file, instead of everything else
};

/// Whether the host belongs to one of the AWS partitions.
[[nodiscard]] bool is_aws_host(std::string_view host) noexcept;

/// Makes each context at its first use. Loop thread only.
class tls_trust {
 public:
  explicit tls_trust(tls_settings settings);
  ~tls_trust();
  tls_trust(const tls_trust&) = delete;
  tls_trust& operator=(const tls_trust&) = delete;

  [[nodiscard]] trust_anchors first_for(std::string_view host) const noexcept;
  /// A proxy is nobody that Amazon vouches for, whatever its name.
  [[nodiscard]] trust_anchors for_proxies() const noexcept;
  /// Owned by this object. The error (tls) names the file and the variable that set it; a failure
  /// is not remembered, the next call reads the file again.
  [[nodiscard]] core::result<SSL_CTX*> context(trust_anchors anchors);

 private:
  struct slot {
    std::unique_ptr<certificate_set> certificates;
    SSL_CTX* context = nullptr;
  };
  [[nodiscard]] core::result<std::unique_ptr<certificate_set>> load(trust_anchors anchors) const;

  tls_settings settings_;
  slot slots_[3];
};

}  // namespace lambda_cache::net
