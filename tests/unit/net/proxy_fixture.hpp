// A client that knows a scripted proxy, and an endpoint over TLS behind it whose name only the
// proxy could resolve.
#pragma once

#include "support/test_ca.hpp"
#include "unit/net/client_fixture.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::net {

inline constexpr std::string_view endpoint_name = "ssm.test.invalid";
// Of "user:pass-word".
inline constexpr std::string_view user_and_password = "Basic dXNlcjpwYXNzLXdvcmQ=";
inline constexpr std::string_view tunnel_stands = "HTTP/1.1 200 Connection established\r\n\r\n";

class proxy_test : public client_test {
 protected:
  /// Named in errors as `setting`.
  static proxy_ptr proxy_at(std::uint16_t port, bool tls = false, bool with_password = false,
                            std::string host = "127.0.0.1") {
    auto made = std::make_shared<proxy>();
    made->setting = "HTTPS_PROXY";
    made->at = {tls, std::move(host), port};
    if (with_password)
      made->authorization.assign(user_and_password.begin(), user_and_password.end());
    return made;
  }
  void use(const proxy_ptr& through, std::string_view exceptions = {}) {
    make_client({.ca_bundle = bundle.path()}, {},
                {.http = through, .https = through, .exceptions = proxy_exceptions(exceptions)});
  }
  void use(const scripted_server& through, bool with_password = false) {
    use(proxy_at(through.port(), false, with_password));
  }

  static http_request ask(bool tls = true, std::string_view host = endpoint_name,
                          std::uint16_t port = 443) {
    http_request request;
    request.to = {tls, std::string(host), port};
    request.headers = {{"Authorization", "AWS4-HMAC-SHA256 signature"}};
    constexpr std::string_view body = "{}";
    request.body.assign(body.begin(), body.end());
    return request;
  }
  /// A proxy's script: leads to `server` what it is asked for, and keeps what it was told.
  scripted_server::script leading_to(const scripted_server& server) {
    return [this, &server](peer& client) {
      note(client.read_request());
      client.send(tunnel_stands);
      client.relay_to(server.port());
    };
  }
  void note(std::string request) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(request));
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  test::test_ca ca;
  test::temporary_file bundle{ca.certificate()};

 private:
  std::mutex mutex_;
  std::vector<std::string> told_;
};

}  // namespace lambda_cache::net
