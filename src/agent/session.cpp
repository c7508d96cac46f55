#include "agent/session.hpp"

#include "agent/failures.hpp"
#include "agent/open_object.hpp"
#include "core/object_data.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace lambda_cache::agent {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

/// Of an object, at a time.
constexpr std::size_t part_bytes = std::size_t{64} * 1024;
/// AWS's agent lets its pings in where others are turned away.
constexpr std::size_t places_for_pings = 2;
/// More are told that they are too many; beyond these they are not even told.
constexpr std::size_t turned_away_at_once = 128;
/// How long, and for how many bytes, a client may go on sending what nobody reads.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t most_discarded = std::size_t{1024} * 1024;
/// Looks again even if nobody calls: a read that has settled, or is about to, has no next moment.
constexpr std::chrono::milliseconds look_again{50};

}  // namespace

session::session(house& in, socket connection, bool over_socket)
    : in_(in),
      socket_(std::move(connection)),
      over_socket_(over_socket),
      listed_(in.open.insert(in.open.end(), this)),
      buffer_(in.how.max_header_bytes),
      last_moved_(std::chrono::steady_clock::now()) {}

session::~session() {
  in_.open.erase(listed_);
  if (has_place_) --in_.places;
  if (object_fd_ >= 0) ::close(object_fd_);
}

/// Whether it has one of the places, or got one that became free since it came.
bool session::takes_place() noexcept {
  if (!has_place_ && in_.places < in_.how.max_connections) {
    has_place_ = true;
    ++in_.places;
  }
  return has_place_;
}

void session::start() {
  const std::size_t most = in_.how.max_connections + places_for_pings;
  if (in_.open.size() > most + turned_away_at_once) return end();
  if (in_.open.size() > most) {
    keep_alive_ = false;
    leaves_unread_ = true;
    return answer(text_response(429, "Connection limit exceeded"));
  }
  (void)takes_place();
  read();
}

void session::read() {
  if (in_.is_closing) return end();
  parser_.emplace();
  set_limits(*parser_, in_.how.max_header_bytes);
  is_reading_ = true;
  http::async_read_header(socket_, buffer_, *parser_,
                          [self = shared_from_this()](const boost::system::error_code& failed,
                                                      std::size_t) { self->on_read(failed); });
}

void session::on_read(const boost::system::error_code& failed) {
  is_reading_ = false;
  label_ = request_label::other;
  last_moved_ = std::chrono::steady_clock::now();
  if (failed) return refuse_broken(failed);
  handle();
}

/// Bytes that are no request are answered where a client may wait for that, and nothing is read
/// behind them.
void session::refuse_broken(const boost::system::error_code& failed) {
  keep_alive_ = false;
  leaves_unread_ = true;
  is_head_ = false;
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
    return answer(text_response(431, "Request header too large"));
  const bool is_http =
      failed.category() == http::make_error_code(http::error::bad_method).category();
  if (is_http && failed != http::error::end_of_stream && failed != http::error::partial_message)
    return answer(text_response(400, "Bad Request"));
  end();
}

void session::handle() {
  request_head head = head_of(*parser_, headers_);
  request_view& request = head.request;
  request.over_socket = over_socket_;
  is_head_ = head.is_head;
  leaves_unread_ = head.has_body;
  keep_alive_ = head.keep_alive;
  route asked = route_of(request, in_.how);
  label_ = label_of(asked);
  if (auto refused = refuse(request, asked)) return answer(std::move(*refused));
  if (auto* refused = std::get_if<response>(&asked)) return answer(std::move(*refused));
  if (const page* shown = std::get_if<page>(&asked))
    return answer(in_.shown.show(*shown, in_.open.size()));
  exchange_.emplace(in_.known, in_.how, std::move(std::get<wanted>(asked)));
  auto given = exchange_->look();
  if (!given)
    given = exchange_->read([weak = weak_from_this(), executor = socket_.get_executor()] {
      asio::post(executor, [weak] {
        if (const auto self = weak.lock()) self->on_news();
      });
    });
  if (given) return finish(std::move(*given));
  wait_for_answer();
}

void session::finish(response given) {
  exchange_.reset();
  if (in_.keeps_nothing) in_.known.cache().start_over();
  answer(std::move(given));
}

/// In the order of AWS's agent: connections, where it comes from, token, method, path.
std::optional<response> session::refuse(const request_view& request, const route& asked) {
  const bool is_open = is_open_to_all(request);
  if (!is_open && !takes_place()) {
    keep_alive_ = false;
    return text_response(429, "Connection limit exceeded");
  }
  if (auto refused = in_.guard.refuse_origin(request)) return refused;
  if (is_open) return std::nullopt;
  if (std::holds_alternative<page>(asked)) return in_.guard.refuse_visitor(request);
  return in_.guard.refuse_token(request);
}

void session::wait_for_answer() {
  const core::deadline until = exchange_->next_wake();
  if (!wake_) wake_.emplace(socket_.get_executor());
  // The timer is also what keeps this connection alive until its answer is there.
  wake_->expires_at(until == core::no_deadline ? std::chrono::steady_clock::now() + look_again
                                               : until);
  wake_->async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed) self->on_news();
  });
}

void session::on_news() {
  if (!exchange_) return;
  auto given = exchange_->poll();
  if (!given) return wait_for_answer();
  wake_->cancel();
  finish(std::move(*given));
}

void session::answer(response given) {
  answer_ = std::move(given);
  keep_alive_ = keep_alive_ && !in_.is_closing;
  std::size_t bytes = answer_.body.size();
  if (answer_.object) {
    object_fd_ = open_object(*answer_.object);
    if (object_fd_ < 0) {
      answer_ = failed_read(core::make_error(error_kind::storage,
                                             "The object's file was removed or changed as it was "
                                             "about to be sent. Ask again."),
                            in_.how.mode, true);
      bytes = answer_.body.size();
    } else {
      object_left_ = answer_.object->size;
      bytes = object_left_;
    }
  }
  // Nothing has moved since the request's head came.
  const auto took = std::chrono::steady_clock::now() - last_moved_;
  in_.shown.count(label_, answer_, std::chrono::nanoseconds(took).count());
  head_ = head_of(answer_, bytes, keep_alive_);
  if (is_head_) answer_.body = {};  // RFC 9110 §9.3.2
  write();
}

void session::write() {
  const std::array<asio::const_buffer, 2> both = {
      asio::buffer(head_), asio::const_buffer(answer_.body.data(), answer_.body.size())};
  asio::async_write(socket_, both,
                    [self = shared_from_this()](const boost::system::error_code& failed,
                                                std::size_t) { self->on_written(failed); });
}

/// The rest of a file, part by part. The file is not replaced under it: a new one has another name
/// until it takes this one's.
void session::send_object() {
  part_.resize(part_bytes);
  const ssize_t got =
      ::read(object_fd_, part_.data(), std::min<std::uint64_t>(part_bytes, object_left_));
  if (got <= 0) return end();  // shorter than it was: the client sees that bytes are missing
  object_left_ -= static_cast<std::uint64_t>(got);
  asio::async_write(socket_, asio::buffer(part_.data(), static_cast<std::size_t>(got)),
                    [self = shared_from_this()](const boost::system::error_code& failed,
                                                std::size_t) { self->on_written(failed); });
}

void session::on_written(const boost::system::error_code& failed) {
  last_moved_ = std::chrono::steady_clock::now();
  if (failed) return end();
  if (object_fd_ >= 0) {
    if (object_left_ != 0) return send_object();
    ::close(std::exchange(object_fd_, -1));
    part_ = {};
  }
  answer_ = {};  // wiped
  if (keep_alive_) return read();
  boost::system::error_code unknown;
  if (leaves_unread_ || socket_.available(unknown) != 0) return linger();
  end();
}

/// Closed with bytes unread, a connection is reset, and the client may lose the answer: it is told
/// that no more comes, and what it still sends is read and dropped until it ends.
void session::linger() {
  if (in_.is_closing || !socket_.is_open()) return end();
  boost::system::error_code failed;
  socket_.shutdown(asio::socket_base::shutdown_send, failed);
  if (failed) return end();
  is_lingering_ = true;
  may_discard_ = most_discarded;
  parser_.reset();
  buffer_.clear();
  discard();
}

void session::discard() {
  const std::size_t room = std::min<std::size_t>(4096, buffer_.max_size());
  socket_.async_read_some(
      buffer_.prepare(room),
      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t bytes) {
        self->may_discard_ -= std::min(bytes, self->may_discard_);
        if (failed || self->may_discard_ == 0) return self->end();
        self->discard();
      });
}

void session::close_if_idle(core::deadline now) {
  const core::nanos quiet = std::chrono::nanoseconds(now - last_moved_).count();
  const core::nanos limit =
      is_lingering_
          ? std::min(in_.how.idle_timeout, core::nanos{linger_time / std::chrono::nanoseconds(1)})
          : in_.how.idle_timeout;
  if (!exchange_ && quiet > limit) end();
}

void session::close(bool at_once) {
  if (at_once || is_reading_ || is_lingering_) end();
}

void session::end() {
  if (exchange_) exchange_->give_up();
  exchange_.reset();
  if (wake_) wake_->cancel();
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace lambda_cache::agent
