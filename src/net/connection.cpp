#include "net/connection.hpp"

#include "core/caught.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::net {
namespace {

constexpr std::size_t first_read = 8 * 1024;
constexpr std::size_t largest_read = 64 * 1024;
// Bodies that go to a sink are large: fewer system calls.
constexpr std::size_t largest_streamed_read = 256 * 1024;
// What one connection may take before the others have their turn.
constexpr std::size_t longest_turn = 4 * 1024 * 1024;

std::string error_text(int code) {
  std::array<char, 128> text{};
  return ::strerror_r(code, text.data(), text.size());  // GNU's, which returns the text
}

bool is_writable(int fd) {
  pollfd asked{fd, POLLOUT, 0};
  return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

std::string describe(const origin& to) {
  const bool brackets = to.host.find(':') != std::string::npos;
  return (brackets ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

std::string_view describe(connection::phase phase) noexcept {
  switch (phase) {
    case connection::phase::closed:
      return "before the connection";
    case connection::phase::resolving:
      return "while resolving the host name";
    case connection::phase::connecting:
      return "while connecting";
    case connection::phase::handshaking:
      return "during the TLS handshake";
    case connection::phase::idle:
      return "before the request";
    case connection::phase::sending:
      return "while sending the request";
    case connection::phase::receiving:
      return "while waiting for the answer";
  }
  return "";
}

connection::connection(connection_host& host, origin to)
    : host_(host), to_(std::move(to)), watch_(host.loop, *this) {}

connection::~connection() {
  close_socket();
}

void connection::open(trust_anchors anchors, SSL_SESSION* resume, core::deadline connect_deadline,
                      connection_observer& observer) {
  observer_ = &observer;
  connect_deadline_ = connect_deadline;
  phase_ = phase::resolving;
  if (resume != nullptr && SSL_SESSION_up_ref(resume) == 1) resume_.reset(resume);
  addresses_ = resolve_literal(to_.host, to_.port);
  if (!addresses_.empty()) {
    try_next_address();
  } else {
    lookup_ = std::make_unique<name_lookup>(host_.loop, to_.host, to_.port,
                                            [this](core::result<address_list> found) {
                                              lookup_.reset();
                                              if (!found) return fail(std::move(found.error()));
                                              addresses_ = std::move(*found);
                                              guarded([this] { try_next_address(); });
                                            });
  }
  if (!to_.tls || failure_) return;
  // Made now, so that it costs no time of its own: the name or the peer is being waited for.
  auto context = host_.trust.context(anchors);
  if (!context) return fail_later(std::move(context.error()));
  context_ = *context;
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
  fail_later(core::make_error(error_kind::connection,
                              "cannot connect to " + describe(to_) + ": " + address_error_ +
                                  ". Check the endpoint and the way to it (VPC, security group)"));
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

/// True if there is more to do now; else this may be gone.
bool connection::check_connected() {
  if (!is_writable(socket_.fd())) {
    watch_.wait_writable();
    return false;
  }
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &code, &size);
  host_.loop.cancel(std::exchange(address_timer_, 0));
  if (code != 0) {
    address_error_ = error_text(code);
    close_socket();
    try_next_address();
    return false;
  }
  if (!to_.tls) {
    opened();
    return false;
  }
  phase_ = phase::handshaking;
  tls_.emplace(context_, socket_.fd(), to_.host, resume_.get());
  resume_.reset();
  return true;
}

void connection::step_handshake() {
  const auto io = tls_->handshake();
  if (io.status == io_status::done) return opened();
  if (io.status == io_status::want_read || io.status == io_status::want_write) {
    return await(io.status);
  }
  if (io.status == io_status::refused) {
    issuer_unknown_ = tls_->issuer_unknown();
    return fail(core::make_error(
        error_kind::tls,
        tls_->certificate_refused()
            ? "certificate of " + describe(to_) + " refused: " + tls_->reason()
            : "TLS handshake with " + describe(to_) + " failed: " + tls_->reason()));
  }
  fail_io(io);
}

void connection::opened() {
  phase_ = phase::idle;
  addresses_.clear();
  std::exchange(observer_, nullptr)->on_open({});
}

void connection::exchange(std::string_view wire, const http_limits& limits, body_sink* sink,
                          connection_observer& observer) {
  observer_ = &observer;
  unsent_ = wire;
  parser_.emplace(limits, sink);
  largest_read_ = sink != nullptr ? largest_streamed_read : largest_read;
  filled_ = 0;
  received_ = 0;
  answer_began_ = false;
  reusable_ = false;
  send_failure_.reset();
  phase_ = phase::sending;
  step_send();
}

void connection::step_send() {
  while (!unsent_.empty()) {
    const auto io = write_some(unsent_.data(), unsent_.size());
    if (io.status == io_status::done) {
      unsent_.remove_prefix(io.size);
      continue;
    }
    if (io.status == io_status::want_read || io.status == io_status::want_write) {
      // A server may answer before it has read everything, and then never read on.
      if (answer_waiting()) break;
      watch_.wait_readable();
      if (io.status == io_status::want_write) watch_.wait_writable();
      return;
    }
    send_failure_ = io;  // the same server may close after its answer, which counts all the same
    break;
  }
  phase_ = phase::receiving;
  if (!unsent_.empty() || (tls_ && tls_->has_buffered())) {
    watch_.wake();
  } else {
    watch_.wait_readable();
  }
}

void connection::step_receive() {
  if (buffer_.empty()) buffer_.resize(first_read);
  for (std::size_t taken = 0;;) {
    if (filled_ == buffer_.size()) buffer_.resize(std::max(buffer_.size() * 2, first_read));
    const auto room = buffer_.size() - filled_;
    const auto io = read_some(buffer_.data() + filled_, room);
    if (io.status == io_status::want_read || io.status == io_status::want_write) {
      if (send_failure_) return fail_io(*send_failure_);
      return await(io.status);
    }
    if (io.status == io_status::closed && parser_->put_end()) return answered();
    if (io.status != io_status::done)
      return fail_io(send_failure_ && !answer_began_ ? *send_failure_ : io);

    answer_began_ = true;
    filled_ += io.size;
    received_ += io.size;
    const auto used = parser_->put({buffer_.data(), filled_});
    if (!used) {
      if (parser_->sink_failed()) return fail(used.error());
      return fail(core::make_error(
          error_kind::protocol,
          "the answer of " + describe(to_) + " was refused: " + used.error().message));
    }
    filled_ -= *used;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(*used), filled_, buffer_.begin());
    if (parser_->done()) return answered();
    if (io.size == room && buffer_.size() < largest_read_) buffer_.resize(buffer_.size() * 2);
    // A socket that gave less than was asked for is empty; TLS may hold another record.
    if (!tls_ && io.size < room) return await(io_status::want_read);
    taken += io.size;
    if (taken >= longest_turn) return watch_.wake();
  }
}

void connection::answered() {
  reusable_ = parser_->keep_alive() && filled_ == 0 && unsent_.empty();
  auto response = parser_->take();
  parser_.reset();
  drop_buffer();
  phase_ = phase::idle;
  std::exchange(observer_, nullptr)->on_answer(std::move(response));
}

void connection::on_ready() noexcept {
  guarded([this] { step(); });
}

/// What is thrown fails the connection: observers throw nothing, and nothing comes after they were
/// told.
template <class Step>
void connection::guarded(Step step) noexcept {
  try {
    step();
  } catch (...) {
    fail(core::caught());
  }
}

void connection::step() {
  if (failure_) return fail(std::move(*failure_));
  if (phase_ == phase::connecting && !check_connected()) return;
  if (phase_ == phase::handshaking) return step_handshake();
  if (phase_ == phase::sending) return step_send();
  if (phase_ == phase::receiving) return step_receive();
}

void connection::await(io_status status) {
  if (status == io_status::want_write) {
    watch_.wait_writable();
  } else {
    watch_.wait_readable();
  }
}

void connection::fail(error_info why) noexcept {
  close_socket();
  parser_.reset();
  drop_buffer();
  failure_.reset();
  if (observer_ == nullptr) return;
  auto* observer = std::exchange(observer_, nullptr);
  const bool opening = phase_ < phase::idle;
  phase_ = phase::closed;
  if (opening) {
    observer->on_open(core::fail(std::move(why)));
  } else {
    observer->on_answer(core::fail(std::move(why)));
  }
}

void connection::fail_later(error_info why) {
  close_socket();
  lookup_.reset();
  failure_ = std::move(why);
  watch_.wake();
}

void connection::fail_io(const io_result& io) {
  const bool cut = io.status == io_status::closed || io.status == io_status::cut_off;
  const std::string cause = cut ? "closed the connection"
                            : io.status == io_status::refused
                                ? "broke the TLS protocol (" + tls_->reason() + ")"
                                : error_text(io.code);
  if (cut && answer_began_) {
    return fail(core::make_error(error_kind::protocol,
                                 describe(to_) + " cut its answer short, " + parser_->progress()));
  }
  fail(core::make_error(error_kind::connection, "connection to " + describe(to_) + " failed " +
                                                    std::string(describe(phase_)) + ": " +
                                                    (cut ? "the server " : "") + cause));
}

void connection::close_socket() noexcept {
  host_.loop.cancel(std::exchange(address_timer_, 0));
  tls_.reset();
  watch_.detach();
  if (socket_) host_.open.fetch_sub(1, std::memory_order_relaxed);
  socket_.close();
}

bool connection::answer_waiting() {
  if (tls_) return !tls_->is_quiet();
  pollfd asked{socket_.fd(), POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0;
}

bool connection::is_quiet() {
  if (tls_) return tls_->is_quiet();
  char byte = 0;
  return ::recv(socket_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

io_result connection::read_some(char* into, std::size_t size) {
  return tls_ ? tls_->read(into, size) : socket_read(socket_.fd(), into, size);
}

io_result connection::write_some(const char* from, std::size_t size) {
  return tls_ ? tls_->write(from, size) : socket_write(socket_.fd(), from, size);
}

}  // namespace lambda_cache::net
