#include "net/connection.hpp"

#include "net/error_text.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace lambda_cache::net {
namespace {

constexpr std::size_t first_read = 8 * 1024;
constexpr std::size_t largest_read = 64 * 1024;
// Bodies that go to a sink are large: fewer system calls.
constexpr std::size_t largest_streamed_read = 256 * 1024;
// What one connection may take before the others have their turn.
constexpr std::size_t longest_turn = 4 * 1024 * 1024;

}  // namespace

std::string_view describe(connection::phase phase) noexcept {
  switch (phase) {
    case connection::phase::closed:
      return "before the connection";
    case connection::phase::resolving:
      return "while resolving the host name";
    case connection::phase::connecting:
      return "while connecting";
    case connection::phase::greeting:
      return "during the TLS handshake with the proxy";
    case connection::phase::tunnelling:
      return "while asking the proxy for a tunnel";
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

connection::connection(connection_host& host, route along)
    : host_(host), route_(std::move(along)), watch_(host.loop, *this) {}

connection::~connection() {
  close_socket();
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
  if (auto* stream = top_stream();
      !unsent_.empty() || (stream != nullptr && stream->has_buffered())) {
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
          "the answer of " + describe(route_) + " was refused: " + used.error().message));
    }
    filled_ -= *used;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(*used), filled_, buffer_.begin());
    if (parser_->done()) return answered();
    if (io.size == room && buffer_.size() < largest_read_) buffer_.resize(buffer_.size() * 2);
    // A socket that gave less than was asked for is empty; TLS may hold another record.
    if (top_stream() == nullptr && io.size < room) return await(io_status::want_read);
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

void connection::step() {
  if (failure_) return fail(std::move(*failure_));
  switch (phase_) {
    case phase::connecting:
      return check_connected();
    case phase::greeting:
      return step_greeting();
    case phase::tunnelling:
      return step_tunnel();
    case phase::handshaking:
      return step_handshake();
    case phase::sending:
      return step_send();
    case phase::receiving:
      return step_receive();
    case phase::closed:
    case phase::resolving:
    case phase::idle:
      return;
  }
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
                                ? "broke the TLS protocol (" + top_stream()->reason() + ")"
                                : error_text(io.code);
  if (cut && answer_began_) {
    return fail(core::make_error(
        error_kind::protocol, describe(route_) + " cut its answer short, " + parser_->progress()));
  }
  const bool before_endpoint = phase_ == phase::greeting || phase_ == phase::tunnelling;
  fail(core::make_error(
      error_kind::connection,
      "connection to " + (before_endpoint ? describe(*route_.via) : describe(route_)) + " failed " +
          std::string(describe(phase_)) + ": " + (cut ? "the server " : "") + cause));
}

void connection::close_socket() noexcept {
  host_.loop.cancel(std::exchange(address_timer_, 0));
  tls_.reset();
  proxy_tls_.reset();
  tunnel_.reset();
  watch_.detach();
  if (socket_) host_.open.fetch_sub(1, std::memory_order_relaxed);
  socket_.close();
}

tls_stream* connection::top_stream() noexcept {
  if (tls_) return &*tls_;
  return proxy_tls_ ? &*proxy_tls_ : nullptr;
}

bool connection::answer_waiting() {
  if (auto* stream = top_stream()) return !stream->is_quiet();
  pollfd asked{socket_.fd(), POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0;
}

bool connection::is_quiet() {
  if (auto* stream = top_stream()) return stream->is_quiet();
  char byte = 0;
  return ::recv(socket_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

io_result connection::read_some(char* into, std::size_t size) {
  auto* stream = top_stream();
  return stream != nullptr ? stream->read(into, size) : socket_read(socket_.fd(), into, size);
}

io_result connection::write_some(const char* from, std::size_t size) {
  auto* stream = top_stream();
  return stream != nullptr ? stream->write(from, size) : socket_write(socket_.fd(), from, size);
}

}  // namespace lambda_cache::net
