#include "support/scripted_server.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::test {
namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("scripted server: ") + what);
}

SSL_CTX* make_server_context(const identity& who) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* text = BIO_new_mem_buf(who.certificate.data(), static_cast<int>(who.certificate.size()));
  X509* certificate = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
  BIO_free(text);
  text = BIO_new_mem_buf(who.key.data(), static_cast<int>(who.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(text, nullptr, nullptr, nullptr);
  BIO_free(text);
  require(SSL_CTX_use_certificate(context, certificate) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
  X509_free(certificate);
  EVP_PKEY_free(key);
  constexpr unsigned char session_context[] = "test";
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
  return context;
}

}  // namespace

void gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool gate::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [this] { return open_; });
}

struct peer::tls {
  explicit tls(SSL* made) : ssl(made) {}
  ~tls() { SSL_free(ssl); }
  tls(const tls&) = delete;
  tls& operator=(const tls&) = delete;
  SSL* ssl;
};

peer::peer(scripted_server& server, int fd, int number)
    : server_(server), fd_(fd), number_(number) {}

peer::~peer() = default;

void peer::begin_tls(void* context) {
  tls_ = std::make_unique<tls>(SSL_new(static_cast<SSL_CTX*>(context)));
  SSL_set_fd(tls_->ssl, fd_);
  if (SSL_accept(tls_->ssl) != 1) throw peer_gone{};
}

bool peer::resumed() const noexcept {
  return tls_ != nullptr && SSL_session_reused(tls_->ssl) == 1;
}

std::size_t peer::read_some(char* into, std::size_t size) {
  const auto got = tls_ != nullptr ? SSL_read(tls_->ssl, into, static_cast<int>(size))
                                   : ::recv(fd_, into, size, 0);
  if (got <= 0) throw peer_gone{};
  return static_cast<std::size_t>(got);
}

std::string peer::read_request() {
  std::array<char, 4096> chunk{};
  std::size_t wanted = std::string::npos;
  for (;;) {
    const auto head_end = unread_.find("\r\n\r\n");
    if (wanted == std::string::npos && head_end != std::string::npos) {
      wanted = head_end + 4;
      const auto length = unread_.find("Content-Length: ");
      if (length < head_end) wanted += std::stoul(unread_.substr(length + 16));
    }
    if (unread_.size() >= wanted) {
      auto request = unread_.substr(0, wanted);
      unread_.erase(0, wanted);
      server_.requests_.fetch_add(1);
      return request;
    }
    unread_.append(chunk.data(), read_some(chunk.data(), chunk.size()));
  }
}

void peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = tls_ != nullptr
                         ? SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                         : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) throw peer_gone{};
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void peer::answer(int status, std::string_view body, std::string_view more_headers) {
  send("HTTP/1.1 " + std::to_string(status) +
       " Text\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
       std::string(more_headers) + "\r\n" + std::string(body));
}

void peer::end_tls() {
  if (tls_ != nullptr) SSL_shutdown(tls_->ssl);
}

void peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  throw peer_gone{};
}

void peer::wait_for_close() {
  std::array<char, 4096> chunk{};
  for (;;)
    read_some(chunk.data(), chunk.size());
}

void peer::relay_to(std::uint16_t port) {
  struct outgoing {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ~outgoing() { ::close(fd); }
  } const far;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::connect(far.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "relay");
  std::array<char, 16384> chunk{};
  const auto forward = [&](std::string_view bytes) {
    while (!bytes.empty()) {
      const auto put = ::send(far.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) throw peer_gone{};
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  };
  forward(std::exchange(unread_, {}));
  for (;;) {
    pollfd both[] = {{fd_, POLLIN, 0}, {far.fd, POLLIN, 0}};
    const bool buffered = tls_ != nullptr && SSL_pending(tls_->ssl) > 0;
    if (!buffered) ::poll(both, 2, -1);
    if (buffered || both[0].revents != 0)
      forward({chunk.data(), read_some(chunk.data(), chunk.size())});
    if (both[1].revents != 0) {
      const auto got = ::recv(far.fd, chunk.data(), chunk.size(), 0);
      if (got <= 0) return;
      send({chunk.data(), static_cast<std::size_t>(got)});
    }
  }
}

scripted_server::scripted_server(script each) : scripted_server(options{}, std::move(each)) {}

scripted_server::scripted_server(options wanted, script each)
    : options_(std::move(wanted)), script_(std::move(each)) {
  listen();
  if (options_.tls) tls_context_ = make_server_context(*options_.tls);
  if (options_.accepts) acceptor_ = std::thread([this] { accept_all(); });
}

scripted_server::~scripted_server() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }
  if (acceptor_.joinable()) acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    threads = std::move(threads_);
  }
  for (auto& one : threads)
    one.join();
  ::close(listener_);
  SSL_CTX_free(static_cast<SSL_CTX*>(tls_context_));
}

void scripted_server::listen() {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  const bool is_v6 = ::inet_pton(AF_INET6, options_.address.c_str(), &v6.sin6_addr) == 1;
  require(is_v6 || ::inet_pton(AF_INET, options_.address.c_str(), &v4.sin_addr) == 1, "address");
  auto* address = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
  listener_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(listener_ >= 0 && ::bind(listener_, address, size) == 0, "bind");
  require(::listen(listener_, options_.backlog) == 0, "listen");
  require(::getsockname(listener_, address, &size) == 0, "name");
  port_ = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
}

void scripted_server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (ending_ || fd < 0) {
      if (fd >= 0) ::close(fd);
      if (ending_) return;
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    open_.push_back(fd);
    const int number = connections_.fetch_add(1);
    threads_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void scripted_server::serve(int fd, int number) {
  // The server side of OpenSSL may raise it; the client under test must not.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  {
    peer client(*this, fd, number);
    try {
      if (tls_context_ != nullptr) client.begin_tls(tls_context_);
      script_(client);
    } catch (const peer_gone&) {
    }
    ERR_clear_error();
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace lambda_cache::test
