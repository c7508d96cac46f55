// One connection: DNS, TCP, the proxy's tunnel, TLS, then one request and answer after the other.
#pragma once

#include "core/caught.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/http_client.hpp"
#include "net/io_loop_internals.hpp"
#include "net/resolver.hpp"
#include "net/response_parser.hpp"
#include "net/socket_registry.hpp"
#include "net/tls_stream.hpp"
#include "net/tls_trust.hpp"
#include "net/tunnel.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::net {

/// What all connections of a client share.
struct connection_host {
  io_loop& loop;
  tls_trust& trust;
  std::atomic<std::size_t> open{0};
};

/// Told how a step of a connection ended. Never called from inside open() or exchange(); may
/// destroy the connection.
struct connection_observer {
  virtual void on_open(core::result<void> opened) noexcept = 0;
  virtual void on_answer(core::result<http_response> answer) noexcept = 0;

 protected:
  ~connection_observer() = default;
};

/// Loop thread only. Destroying it closes the socket and tells nobody.
class connection final : private ready_handler {
 public:
  connection(connection_host& host, route along);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Where on its way the connection is, for error texts.
  enum class phase {
    closed,
    resolving,
    connecting,
    greeting,    // TLS with the proxy
    tunnelling,  // CONNECT and its answer
    handshaking,
    idle,
    sending,
    receiving
  };

  /// Tries the addresses of the host, or of the proxy, in turn; all but the last get an equal share
  /// of the time that is left. `resume` is copied and may be null.
  void open(trust_anchors anchors, SSL_SESSION* resume, core::deadline connect_deadline,
            connection_observer& observer);
  /// Sends `wire`, which must stay where it is until the answer, and reads the answer. `sink` may
  /// be null.
  void exchange(std::string_view wire, const http_limits& limits, body_sink* sink,
                connection_observer& observer);
  /// Does what can be done now: for timers that fire while an answer is waiting to be read.
  void advance() noexcept { on_ready(); }

  [[nodiscard]] const route& along() const noexcept { return route_; }
  [[nodiscard]] phase now_in() const noexcept { return phase_; }
  /// Whether any byte of the answer has come.
  [[nodiscard]] bool answer_began() const noexcept { return answer_began_; }
  /// Bytes of the answer so far: what stands still between two looks is idle.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  /// Whether the last answer allows another request.
  [[nodiscard]] bool reusable() const noexcept { return reusable_; }
  /// Whether the peer has neither closed the idle connection nor sent anything.
  [[nodiscard]] bool is_quiet();
  /// Whether the handshake failed for want of a trust anchor.
  [[nodiscard]] bool issuer_unknown() const noexcept { return issuer_unknown_; }
  [[nodiscard]] tls_session take_session() { return tls_ ? tls_->take_session() : nullptr; }

 private:
  void on_ready() noexcept override;
  /// What is thrown fails the connection: observers throw nothing, and nothing comes after they
  /// were told.
  template <class Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (...) {
      fail(core::caught());
    }
  }
  void step();
  void try_next_address();
  void begin_address();
  void check_connected();
  void reached_first_hop();
  void begin_handshake();
  void step_greeting();
  void step_tunnel();
  void step_handshake();
  void step_send();
  void step_receive();
  void await(io_status status);
  void opened();
  void answered();
  void fail(error_info why) noexcept;
  void fail_later(error_info why);
  void fail_io(const io_result& io);
  void fail_handshake(const tls_stream& stream, const std::string& with);
  [[nodiscard]] const origin& first_hop() const noexcept;
  [[nodiscard]] tls_stream* top_stream() noexcept;
  void close_socket() noexcept;
  [[nodiscard]] bool answer_waiting();
  [[nodiscard]] io_result read_some(char* into, std::size_t size);
  [[nodiscard]] io_result write_some(const char* from, std::size_t size);

  connection_host& host_;
  const route route_;
  fd_watch watch_;
  connection_observer* observer_ = nullptr;
  phase phase_ = phase::closed;
  std::optional<error_info> failure_;

  // opening
  core::deadline connect_deadline_{};
  io_loop::timer_id address_timer_ = 0;
  std::unique_ptr<name_lookup> lookup_;
  address_list addresses_;
  std::size_t next_address_ = 0;
  std::string address_error_;
  SSL_CTX* context_ = nullptr;
  SSL_CTX* proxy_context_ = nullptr;
  tls_session resume_;
  bool issuer_unknown_ = false;

  registered_socket socket_;
  std::optional<tls_stream> proxy_tls_;
  std::optional<tunnel> tunnel_;
  std::optional<tls_stream> tls_;  // with the endpoint, maybe inside that with the proxy

  // exchanging
  std::string_view unsent_;
  std::optional<response_parser> parser_;
  /// Its memory is wiped; assigning {} would keep it, and what is in it, for the next answer.
  void drop_buffer() noexcept { buffer_ = core::secret_bytes(); }
  core::secret_bytes buffer_;
  std::size_t filled_ = 0;
  std::size_t largest_read_ = 0;
  std::uint64_t received_ = 0;
  bool answer_began_ = false;
  bool reusable_ = false;
  std::optional<io_result> send_failure_;
};

[[nodiscard]] std::string_view describe(connection::phase phase) noexcept;

}  // namespace lambda_cache::net
