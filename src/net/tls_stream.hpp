// TLS over a non-blocking socket, or inside another TLS stream: one OpenSSL object that reads and
// writes the socket itself.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

using SSL_SESSION = struct ssl_session_st;  // as <openssl/ssl.h> has it

namespace lambda_cache::net {

enum class io_status {
  done,        // bytes were moved, or the handshake is complete
  want_read,   // nothing more until the socket is readable
  want_write,  // nothing more until the socket is writable
  closed,      // the peer ended the stream in an orderly way
  cut_off,     // the peer ended the connection without ending the stream
  failed,      // a socket error; `code` is its errno
  refused,     // TLS only: the handshake or the protocol failed
};

struct io_result {
  io_status status = io_status::done;
  std::size_t size = 0;
  int code = 0;
};

io_result socket_read(int fd, char* into, std::size_t size) noexcept;
/// Never raises SIGPIPE.
io_result socket_write(int fd, const char* from, std::size_t size) noexcept;

struct session_deleter {
  void operator()(SSL_SESSION* session) const noexcept;
};
/// What a later connection to the same server resumes from.
using tls_session = std::unique_ptr<SSL_SESSION, session_deleter>;

/// A client context without trust anchors: TLS 1.2 and later, peers verified. Null if out of
/// memory.
[[nodiscard]] SSL_CTX* new_client_context();

class tls_stream {
 public:
  /// `host` is checked against the certificate; names are sent as SNI. `resume` may be null. With
  /// `under`, which must outlive it, the stream goes through that one, whose socket `fd` is.
  tls_stream(SSL_CTX* context, int fd, const std::string& host, SSL_SESSION* resume,
             tls_stream* under = nullptr);
  ~tls_stream();
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  io_result handshake();
  io_result read(char* into, std::size_t size);
  io_result write(const char* from, std::size_t size);
  /// Whether bytes were read from the socket that read() has not handed out.
  [[nodiscard]] bool has_buffered() const noexcept;
  /// Whether an idle stream may be used again: the peer neither ended it nor sent data.
  [[nodiscard]] bool is_quiet();

  /// Why `refused` was returned, as a sentence's end; and whether another trust anchor would help.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] bool certificate_refused() const noexcept { return verify_error_ != 0; }
  [[nodiscard]] bool issuer_unknown() const noexcept;
  /// The newest session the server offered; null if none came since the last call.
  [[nodiscard]] tls_session take_session() noexcept { return std::move(session_); }

 private:
  friend struct tls_callbacks;
  io_result read_below(char* into, std::size_t size);
  io_result write_below(const char* from, std::size_t size);
  io_result outcome(int returned);
  void note_refusal();

  SSL* ssl_ = nullptr;
  int fd_;
  tls_stream* under_;
  int socket_error_ = 0;
  bool eof_ = false;
  int verify_error_ = 0;
  std::string host_;
  std::string certificate_names_;  // what the refused certificate is for
  std::string reason_;
  tls_session session_;
};

}  // namespace lambda_cache::net
