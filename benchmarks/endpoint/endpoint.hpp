// An SSM endpoint that answers at once, with the same value for every name but those of the load
// test, and keeps connections open: what remains is the client's own time.
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
  /// `failing`: the percentage of requests that are answered by 503.
  explicit endpoint(const certificates* tls = nullptr, unsigned failing = 0);
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

  const unsigned failing_;
  std::atomic<std::uint64_t> calls_{0};
  std::uint16_t plain_port_ = 0;
  std::uint16_t tls_port_ = 0;
};

/// The answer to one request, headers included. `request` is head and body. The value of a name
/// below /load/ is "value of <name> " and 4 KiB more.
[[nodiscard]] std::string answer(std::string_view request);

}  // namespace lambda_cache::benchmarks
