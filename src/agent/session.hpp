// One connection of a client: its requests one after the other, pipelined or not.
#pragma once

#include "agent/access.hpp"
#include "agent/entries.hpp"
#include "agent/exchange.hpp"
#include "agent/pages.hpp"
#include "agent/request.hpp"
#include "agent/request_head.hpp"
#include "agent/settings.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::agent {

class session;

/// What the connections of one server share. The server's thread only.
struct house {
  explicit house(settings settled, std::shared_ptr<wiring::wired_cache> cache)
      : how(std::move(settled)), guard(how), known(how, std::move(cache)), shown(how, known) {}

  const settings how;
  access guard;
  entries known;
  std::list<session*> open = {};  // every connection
  std::size_t places = 0;         // taken by connections that may ask for values
  pages shown;
  bool is_closing = false;
  bool keeps_nothing = false;
};

class session : public std::enable_shared_from_this<session> {
 public:
  using socket = boost::asio::generic::stream_protocol::socket;

  session(house& in, socket connection, bool over_socket);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void start();
  /// Ends the connection if nothing came in or went out for too long.
  void close_if_idle(core::deadline now);
  /// Ends it now, or once its request is answered.
  void close(bool at_once);

 private:
  void read();
  void on_read(const boost::system::error_code& failed);
  void refuse_broken(const boost::system::error_code& failed);
  void handle();
  [[nodiscard]] std::optional<response> refuse(const request_view& request, const route& asked);
  void wait_for_answer();
  void on_news();
  void finish(response given);
  void answer(response given);
  void write();
  void send_object();
  void on_written(const boost::system::error_code& failed);
  void linger();
  void discard();
  void end();
  [[nodiscard]] bool takes_place() noexcept;

  house& in_;
  socket socket_;
  const bool over_socket_;
  const std::list<session*>::iterator listed_;
  // Requests carry the token: they are read into memory that is wiped.
  boost::beast::basic_flat_buffer<core::secret_allocator<char>> buffer_;
  std::optional<request_parser> parser_;
  std::vector<header> headers_;
  std::optional<exchange> exchange_;
  std::optional<boost::asio::steady_timer> wake_;
  request_label label_ = request_label::other;  // of the present request
  response answer_;
  std::string head_;
  core::secret_bytes part_;  // of an object
  int object_fd_ = -1;
  std::uint64_t object_left_ = 0;
  std::size_t may_discard_ = 0;  // bytes, while it lingers
  core::deadline last_moved_;
  bool has_place_ = false;
  bool is_head_ = false;  // HEAD: answers have no body
  bool keep_alive_ = true;
  bool leaves_unread_ = false;  // the client may still send what nobody reads
  bool is_reading_ = false;     // waits for a request
  bool is_lingering_ = false;
};

}  // namespace lambda_cache::agent
