// HTTP/1.1 client: TLS, keep-alive pool, deadlines, limits. One attempt; retries are in retry.hpp.
#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/io_loop.hpp"
#include "net/origin.hpp"
#include "net/proxy.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::net {

struct header {
  std::string name;
  std::string value;
};

struct http_response;

/// Takes an answer's body piece by piece, so that it need not fit into memory. Called on the loop's
/// thread; must not call the client.
class body_sink {
 public:
  virtual ~body_sink() = default;
  /// The head of the answer is there (interim answers are passed over). True: its body goes to
  /// write(). False: it goes into http_response::body, as bounded as any (a refusal's text).
  /// An error ends the call with it.
  virtual core::result<bool> begin(const http_response& head) = 0;
  /// The next bytes of the body, whatever pieces they come in. An error ends the call with it and
  /// closes the connection.
  virtual core::result<void> write(std::string_view bytes) = 0;
};

struct http_request {
  std::string method = "POST";
  origin to;
  std::string target = "/";
  std::vector<header> headers;  // Host and Content-Length are added by the client if absent
  core::secret_bytes body;
  /// Headers with secrets (session tokens, authorization) are wiped after sending all the same.
  /// Whether sending twice is harmless: allows the silent retry on a dead pooled connection.
  bool idempotent = true;
  /// Never through a proxy, whatever the settings say.
  bool direct = false;
  /// Where the answer's body goes; null: into http_response::body.
  std::shared_ptr<body_sink> sink;
};

struct http_response {
  int status = 0;
  std::vector<header> headers;
  core::secret_bytes body;
  /// First header of that name, case-insensitive; empty if absent.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

struct http_limits {
  std::chrono::milliseconds connect_timeout{1000};  // DNS + TCP + TLS; twice that with a proxy
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 1024 * 1024;  // of a body in memory; sinks know what they expect
  /// The longest time without a byte of the answer once the request is sent; zero: no limit but the
  /// deadline. For answers that take as long as they take, but should not stand still.
  std::chrono::milliseconds idle_timeout{0};
  /// What the error calls the deadline that was given to send().
  std::string deadline_name = "deadline";
};

struct tls_settings {
  /// PEM file that replaces every other trust anchor (AWS_CA_BUNDLE); empty: built-in Amazon roots
  /// for AWS hosts, the system's store on "unknown issuer" and for every other host.
  std::string ca_bundle{};
  /// The system's store (SSL_CERT_FILE); empty: the usual places are tried in turn.
  std::string system_bundle{};
};

struct pool_settings {
  std::size_t max_idle_per_origin = 16;
  /// Idle connections older than this by the wall clock are dropped, not used.
  std::chrono::seconds max_idle_age{20};
};

class http_client {
 public:
  using handler = std::move_only_function<void(core::result<http_response>)>;
  using call_id = std::uint64_t;

  http_client(io_loop& loop, tls_settings tls, pool_settings pool = {},
              proxy_settings proxies = {});
  /// Loop thread, or when the loop does not run. Calls in flight end with `cancelled`, through the
  /// loop; if the loop never runs again, their handlers are destroyed with it, uncalled. A handler
  /// may destroy the client. The loop must outlive the client.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Sends one request and calls `done` once, on the loop's thread, never from inside send().
  /// A pooled connection that turns out dead before any byte of the answer came is replaced once,
  /// silently. Loop thread only.
  ///
  /// What throws after send() has returned is an error of the call (protocol). If send() itself
  /// throws, there is no call, and `done` is gone. What `done` throws goes to io_loop::run().
  ///
  /// Errors: timeout (says which limit: connect_timeout, idle_timeout or the deadline), connection
  /// (DNS, refused, reset: names host and port; a proxy that does not lead on), rejected (a proxy
  /// that refuses: 403, 407, ...), tls (names the reason: unknown issuer, expired, wrong host
  /// name), protocol (not HTTP, headers or body over the limit, body cut short), cancelled, what a
  /// sink gave. With a proxy they name it and the variable that set it.
  call_id send(http_request request, const http_limits& limits, core::deadline deadline,
               handler done);
  /// Ends the call with `cancelled`; unknown ids are ignored. Loop thread only.
  void cancel(call_id id) noexcept;
  /// Moves the deadline of a call, and what the error calls it; unknown ids are ignored. Loop
  /// thread only.
  void set_deadline(call_id id, core::deadline deadline, std::string name);
  /// Drops every idle connection and every in-use one after its answer (restore, fork).
  void drop_connections();

  /// Sockets open now; for statistics and tests.
  [[nodiscard]] std::size_t open_connections() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Closes every socket of every http_client without a TLS shutdown or epoll call: for the child of
/// a fork, whose copies of the sockets belong to its parent's sessions. Async-signal-safe. The
/// child must leave the loops and clients that it inherited alone, undestroyed (their epoll is the
/// parent's), and make new ones.
void close_sockets_after_fork() noexcept;

}  // namespace lambda_cache::net
