// Who may ask: this machine, this user, and nobody by way of a browser or a proxy.
#pragma once

#include "agent/request.hpp"
#include "agent/settings.hpp"

#include <memory>
#include <optional>

namespace lambda_cache::agent {

/// One thread only.
class access {
 public:
  explicit access(const settings& how);
  ~access();
  access(const access&) = delete;
  access& operator=(const access&) = delete;

  /// What every request is refused for, whatever it asks: forwarded by a proxy, a Host that is not
  /// this machine's (DNS rebinding), sent by another site's page.
  [[nodiscard]] std::optional<response> refuse_origin(const request_view& request) const;
  /// The answer if it carries no right token. Takes as long for a wrong one as for a right one.
  [[nodiscard]] std::optional<response> refuse_token(const request_view& request);
  /// The same for what people look at: the token may be the password of Basic authentication.
  [[nodiscard]] std::optional<response> refuse_visitor(const request_view& request);

 private:
  class token;
  [[nodiscard]] bool is_token(std::string_view given);
  [[nodiscard]] bool has_token(const request_view& request);

  const settings& how_;
  std::vector<std::unique_ptr<token>> tokens_;
};

/// "localhost", "127.0.0.1" or "[::1]", with a port or without.
[[nodiscard]] bool is_local_host(std::string_view host) noexcept;

}  // namespace lambda_cache::agent
