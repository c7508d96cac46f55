// How a connection comes to be: addresses, TCP, the proxy, TLS.
#include "net/connection.hpp"
#include "net/error_text.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace lambda_cache::net {
namespace {

bool is_writable(int fd) {
  pollfd asked{fd, POLLOUT, 0};
  return ::poll(&asked, 1, 0) > 0;
}

bool is_waiting(const io_result& io) noexcept {
  return io.status == io_status::want_read || io.status == io_status::want_write;
}

error_info unresolved(const proxy& who, const error_info& why) {
  return core::make_error(error_kind::connection,
                          why.message + ". It is the host of " + describe(who));
}

}  // namespace

const origin& connection::first_hop() const noexcept {
  const proxy* const via = route_.via.get();
  return via != nullptr ? via->at : route_.to;
}

void connection::open(trust_anchors anchors, SSL_SESSION* resume, core::deadline connect_deadline,
                      connection_observer& observer) {
  observer_ = &observer;
  connect_deadline_ = connect_deadline;
  phase_ = phase::resolving;
  if (resume != nullptr && SSL_SESSION_up_ref(resume) == 1) resume_.reset(resume);
  const origin& first = first_hop();
  addresses_ = resolve_literal(first.host, first.port);
  if (!addresses_.empty()) {
    try_next_address();
  } else {
    lookup_ = std::make_unique<name_lookup>(
        host_.loop, first.host, first.port, [this](core::result<address_list> found) {
          lookup_.reset();
          if (!found) {
            return guarded([&] {
              fail(route_.via != nullptr ? unresolved(*route_.via, found.error())
                                         : std::move(found.error()));
            });
          }
          addresses_ = std::move(*found);
          guarded([this] { try_next_address(); });
        });
  }
  // Made now, so that it costs no time of its own: the name or the peer is being waited for.
  const auto prepare = [this](trust_anchors with, SSL_CTX*& into) {
    auto context = host_.trust.context(with);
    if (!context) return fail_later(std::move(context.error()));
    into = *context;
  };
  if (route_.to.tls && !failure_) prepare(anchors, context_);
  if (route_.via != nullptr && route_.via->at.tls && !failure_)
    prepare(host_.trust.for_proxies(), proxy_context_);
}

void connection::try_next_address() {
  while (next_address_ < addresses_.size()) {
    const auto& address = addresses_[next_address_++];
    const int fd =
        ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      address_error_ = error_text(errno);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    socket_ = registered_socket::adopt(fd);
    if (!socket_) {
      return fail_later(core::make_error(error_kind::connection, "too many open connections"));
    }
    host_.open.fetch_add(1, std::memory_order_relaxed);
    if (::connect(fd, address.get(), address.length) != 0 && errno != EINPROGRESS) {
      address_error_ = error_text(errno);
      close_socket();
      continue;
    }
    return begin_address();
  }
  const bool by_proxy = route_.via != nullptr;
  fail_later(core::make_error(
      error_kind::connection,
      "cannot connect to " + (by_proxy ? describe(*route_.via) : describe(route_.to)) + ": " +
          address_error_ + ". Check " + (by_proxy ? route_.via->setting : "the endpoint") +
          " and the way to it (VPC, security group)"));
}

void connection::begin_address() {
  phase_ = phase::connecting;
  watch_.attach(socket_.fd());
  watch_.wait_writable();
  const auto left = addresses_.size() - next_address_;
  if (left == 0 || connect_deadline_ == core::no_deadline) return;
  const auto now = std::chrono::steady_clock::now();
  const auto share = (connect_deadline_ - now) / static_cast<int>(left + 1);
  address_timer_ = host_.loop.at(now + share, [this] {
    address_timer_ = 0;
    guarded([this] {
      if (is_writable(socket_.fd())) return watch_.wake();
      address_error_ = "no answer";
      close_socket();
      try_next_address();
    });
  });
}

void connection::check_connected() {
  if (!is_writable(socket_.fd())) return watch_.wait_writable();
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &code, &size);
  host_.loop.cancel(std::exchange(address_timer_, 0));
  if (code != 0) {
    address_error_ = error_text(code);
    close_socket();
    return try_next_address();
  }
  if (route_.via != nullptr && route_.via->at.tls) {
    phase_ = phase::greeting;
    proxy_tls_.emplace(proxy_context_, socket_.fd(), route_.via->at.host, nullptr);
    return step_greeting();
  }
  reached_first_hop();
}

void connection::reached_first_hop() {
  if (!route_.to.tls) return opened();
  if (route_.via == nullptr) return begin_handshake();
  phase_ = phase::tunnelling;
  tunnel_.emplace(route_);
  step_tunnel();
}

void connection::begin_handshake() {
  phase_ = phase::handshaking;
  tls_.emplace(context_, socket_.fd(), route_.to.host, resume_.get(),
               proxy_tls_ ? &*proxy_tls_ : nullptr);
  resume_.reset();
  step_handshake();
}

void connection::step_greeting() {
  const auto io = proxy_tls_->handshake();
  if (io.status == io_status::done) return reached_first_hop();
  if (is_waiting(io)) return await(io.status);
  if (io.status == io_status::refused) return fail_handshake(*proxy_tls_, describe(*route_.via));
  fail_io(io);
}

void connection::step_tunnel() {
  while (!tunnel_->unsent().empty()) {
    const auto unsent = tunnel_->unsent();
    const auto io = write_some(unsent.data(), unsent.size());
    if (is_waiting(io)) return await(io.status);
    if (io.status != io_status::done) return fail_io(io);
    tunnel_->sent(io.size);
  }
  for (std::array<char, 4096> chunk{};;) {
    const auto io = read_some(chunk.data(), chunk.size());
    if (is_waiting(io)) return await(io.status);
    if (io.status != io_status::done) return fail_io(io);
    const auto stands = tunnel_->put({chunk.data(), io.size});
    if (!stands) return fail(stands.error());
    if (!*stands) continue;
    tunnel_.reset();
    return begin_handshake();
  }
}

void connection::step_handshake() {
  const auto io = tls_->handshake();
  if (io.status == io_status::done) return opened();
  if (is_waiting(io)) return await(io.status);
  if (io.status == io_status::refused) {
    issuer_unknown_ = tls_->issuer_unknown();
    return fail_handshake(*tls_, describe(route_));
  }
  fail_io(io);
}

void connection::fail_handshake(const tls_stream& stream, const std::string& with) {
  fail(core::make_error(error_kind::tls,
                        stream.certificate_refused()
                            ? "certificate of " + with + " refused: " + stream.reason()
                            : "TLS handshake with " + with + " failed: " + stream.reason()));
}

void connection::opened() {
  phase_ = phase::idle;
  addresses_.clear();
  std::exchange(observer_, nullptr)->on_open({});
}

}  // namespace lambda_cache::net
