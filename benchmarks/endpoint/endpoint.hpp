// An SSM endpoint that answers at once, with the same value for every name, and keeps connections
// open: what remains is the client's own time.
#pragma once

#include "certificates.hpp"

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace lambda_cache::benchmarks {

/// Listens on 127.0.0.1, on a port of its own for plain HTTP and one for TLS. Lives as long as the
/// process; one thread per connection.
class endpoint {
 public:
  explicit endpoint(const certificates* tls = nullptr);
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(plain_port_);
  }
  [[nodiscard]] std::string tls_url() const {
    return "https://127.0.0.1:" + std::to_string(tls_port_);
  }
  /// Requests answered so far.
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.load(); }

 private:
  std::uint16_t listen_on(SSL_CTX* context);
  void accept_all(int listener, SSL_CTX* context);
  template <class Stream>
  void serve(Stream& stream);

  std::atomic<std::uint64_t> calls_{0};
  std::uint16_t plain_port_ = 0;
  std::uint16_t tls_port_ = 0;
};

/// The answer to one request, headers included. `request` is head and body.
[[nodiscard]] std::string answer(std::string_view request);

}  // namespace lambda_cache::benchmarks
