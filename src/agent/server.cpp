#include "agent/server.hpp"

#include "agent/prefetch.hpp"
#include "agent/session.hpp"
#include "wiring/wired_cache.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/unicast.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lambda_cache::agent {

namespace asio = boost::asio;
using stream = asio::generic::stream_protocol;

namespace {

constexpr std::chrono::seconds sweep_every{1};
constexpr std::chrono::milliseconds accept_again{100};
constexpr int backlog = 1024;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

}  // namespace

struct server::state {
  state(settings settled, std::shared_ptr<wiring::wired_cache> cache)
      : all(std::move(settled), std::move(cache)) {}

  struct listener {
    asio::basic_socket_acceptor<stream> acceptor;
    asio::steady_timer pause;
    bool is_unix = false;
  };

  core::result<void> listen() {
    if (all.how.tcp)
      if (auto listening = listen_tcp(); !listening) return listening;
    if (!all.how.socket_path.empty())
      if (auto listening = listen_unix(); !listening) return listening;
    return {};
  }

  core::result<void> listen_tcp() {
    // The second one takes the port that the first one got.
    if (auto listening =
            listen_at(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), all.how.port));
        !listening)
      return listening;
    // There may be no IPv6, or the other half of the port may be somebody else's.
    (void)listen_at(asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), port));
    return {};
  }

  core::result<void> listen_at(const asio::ip::tcp::endpoint& at) {
    boost::system::error_code failed;
    asio::basic_socket_acceptor<stream> made(io);
    made.open(stream(at.protocol()), failed);
    if (!failed) made.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed && at.address().is_v6()) made.set_option(asio::ip::v6_only(true), failed);
    if (!failed) made.bind(stream::endpoint(at), failed);
    if (!failed) made.listen(backlog, failed);
    if (failed == asio::error::address_in_use)
      return refuse("Port " + std::to_string(at.port()) +
                    " is taken: another agent listens there. Stop it, or give another port "
                    "(--port, http_port, PARAMETERS_SECRETS_EXTENSION_HTTP_PORT).");
    if (failed)
      return refuse("Port " + std::to_string(at.port()) + " of " + at.address().to_string() +
                    " cannot be used: " + failed.message() + ".");
    if (port == 0) {
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      ::getsockname(made.native_handle(), reinterpret_cast<sockaddr*>(&bound), &size);
      port = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
    }
    add(std::move(made), false);
    return {};
  }

  core::result<void> listen_unix() {
    const std::string& path = all.how.socket_path;
    if (path.size() >= sizeof(sockaddr_un::sun_path))
      return refuse("The socket's path " + path +
                    " is longer than the 107 bytes that it may have.");
    if (auto free = make_room(path); !free) return free;
    boost::system::error_code failed;
    asio::basic_socket_acceptor<stream> made(io);
    const asio::local::stream_protocol::endpoint at(path);
    made.open(stream(at.protocol()), failed);
    // The file is made with the mode of the descriptor (unix(7)), less the umask: there is no
    // moment at which somebody else may connect.
    const auto check = [&](int answer) {
      if (answer != 0) failed.assign(errno, boost::system::system_category());
    };
    if (!failed) check(::fchmod(made.native_handle(), all.how.socket_mode));
    if (!failed) made.bind(stream::endpoint(at), failed);
    struct stat own{};
    if (!failed && ::lstat(path.c_str(), &own) == 0) socket_inode = own.st_ino;
    if (!failed) check(::chmod(path.c_str(), all.how.socket_mode));
    if (!failed) made.listen(backlog, failed);
    if (failed) {
      remove_socket();
      return refuse("The socket " + path + " cannot be made: " + failed.message() +
                    ". Is its directory there, and may this user write to it?");
    }
    add(std::move(made), true);
    return {};
  }

  /// A socket that an agent left behind is removed; a live one, or a file, stays.
  static core::result<void> make_room(const std::string& path) {
    struct stat there{};
    if (::lstat(path.c_str(), &there) != 0) return {};
    if (!S_ISSOCK(there.st_mode))
      return refuse(path + " is there and is no socket: give another path (--socket).");
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
    const int answer = ::connect(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    const int why = errno;
    ::close(probe);
    if (answer == 0 || why == EAGAIN)
      return refuse("The socket " + path + " is in use: another agent listens there.");
    if (why != ECONNREFUSED)
      return refuse("The socket " + path + " cannot be used: " +
                    boost::system::error_code(why, boost::system::system_category()).message() +
                    ".");
    ::unlink(path.c_str());
    return {};
  }

  void add(asio::basic_socket_acceptor<stream> made, bool is_unix) {
    listeners.push_back(
        std::make_unique<listener>(listener{std::move(made), asio::steady_timer(io), is_unix}));
  }

  void accept(listener& on) {
    on.acceptor.async_accept([this, &on](const boost::system::error_code& failed,
                                         stream::socket got) {
      if (failed == asio::error::operation_aborted || all.is_closing) return;
      if (failed) {
        // Out of descriptors or memory: there may be some again soon.
        on.pause.expires_after(accept_again);
        on.pause.async_wait([this, &on](const boost::system::error_code& over) {
          if (!over) accept(on);
        });
        return;
      }
      try {
        welcome(std::move(got), on.is_unix);
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): this client is not served
      }
      accept(on);
    });
  }

  void welcome(stream::socket got, bool is_unix) {
    if (!is_unix) {
      boost::system::error_code ignored;
      got.set_option(asio::ip::tcp::no_delay(true), ignored);
      // No packet leaves this machine, whatever its routes.
      got.set_option(asio::ip::unicast::hops(1), ignored);
    }
    std::make_shared<session>(all, std::move(got), is_unix)->start();
  }

  /// Connections may end, and leave the list, on the way.
  template <class Action>
  void for_each_session(Action&& act) {
    for (auto at = all.open.begin(); at != all.open.end();) {
      const std::shared_ptr<session> held = (*at++)->shared_from_this();
      act(*held);
    }
  }

  using promise = std::shared_ptr<std::promise<void>>;

  void start_prefetch(const promise& done) {
    ahead = std::make_shared<prefetching>(all.known, all.how.prefetch);
    ahead->start([this, weak = std::weak_ptr(ahead), done] {
      asio::post(io, [this, weak, done] {
        if (weak.lock() == ahead) go_on_with_prefetch(done);
      });
    });
    go_on_with_prefetch(done);
  }

  void go_on_with_prefetch(const promise& done) {
    if (!ahead) return;
    if (ahead->poll()) {
      ahead.reset();
      ahead_timer.cancel();
      done->set_value();
      return;
    }
    const core::deadline until = ahead->next_wake();
    if (until == core::no_deadline) return;
    ahead_timer.expires_at(until);
    ahead_timer.async_wait([this, done](const boost::system::error_code& failed) {
      if (!failed) go_on_with_prefetch(done);
    });
  }

  void sweep() {
    const core::deadline now = std::chrono::steady_clock::now();
    for_each_session([&](session& each) { each.close_if_idle(now); });
    sweeper.expires_after(sweep_every);
    sweeper.async_wait([this](const boost::system::error_code& failed) {
      if (!failed) sweep();
    });
  }

  void close(bool at_once) {
    all.is_closing = true;
    sweeper.cancel();
    ahead.reset();
    ahead_timer.cancel();
    for (const auto& each : listeners) {
      boost::system::error_code ignored;
      each->acceptor.close(ignored);
      each->pause.cancel();
    }
    for_each_session([&](session& each) { each.close(at_once); });
  }

  /// Unless another one has taken its place.
  void remove_socket() noexcept {
    const char* path = all.how.socket_path.c_str();
    struct stat there{};
    if (socket_inode != 0 && ::lstat(path, &there) == 0 && there.st_ino == socket_inode)
      ::unlink(path);
    socket_inode = 0;
  }

  void run() {
    for (;;) {
      try {
        io.run();
        break;
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Memory ran out for one client; its connection ends with what held it.
      }
    }
    ended.set_value();
  }

  house all;  // outlives the connections, which end with io at the latest
  asio::io_context io{1};
  std::vector<std::unique_ptr<listener>> listeners;
  asio::steady_timer sweeper{io};
  std::shared_ptr<prefetching> ahead;  // what is being prefetched
  asio::steady_timer ahead_timer{io};
  std::uint16_t port = 0;
  ino_t socket_inode = 0;
  std::promise<void> ended;  // the thread's work
  std::thread thread;
};

server::server(settings how, std::shared_ptr<wiring::wired_cache> cache)
    : how_(std::move(how)),
      cache_(std::move(cache)),
      state_(std::make_unique<state>(how_, cache_)) {}

server::~server() {
  stop(std::chrono::milliseconds(0));
}

core::result<void> server::start() {
  if (state_->thread.joinable()) return refuse("The server is started already.");
  // What was stopped, or could not start, is of no more use.
  state_ = std::make_unique<state>(how_, cache_);
  auto listening = state_->listen();
  if (!listening) {
    state_->remove_socket();
    state_ = std::make_unique<state>(how_, cache_);
    return listening;
  }
  for (const auto& each : state_->listeners)
    state_->accept(*each);
  state_->sweep();
  state_->thread = std::thread([of = state_.get()] { of->run(); });
  return {};
}

void server::stop(std::chrono::milliseconds grace) noexcept {
  if (!state_->thread.joinable()) return;
  auto ended = state_->ended.get_future();
  try {
    asio::post(state_->io, [of = state_.get(), grace] { of->close(grace.count() == 0); });
    // run() returns when the last request is answered.
    if (ended.wait_for(grace) != std::future_status::ready)
      asio::post(state_->io, [of = state_.get()] {
        of->close(true);
        of->io.stop();
      });
  } catch (const std::bad_alloc&) {
    state_->io.stop();
  }
  state_->thread.join();
  state_->close(true);
  state_->remove_socket();
}

void server::prefetch(std::chrono::nanoseconds at_most) {
  if (state_->all.how.prefetch.empty()) return;
  const auto done = std::make_shared<std::promise<void>>();
  auto told = done->get_future();
  asio::post(state_->io, [of = state_.get(), done] { of->start_prefetch(done); });
  told.wait_for(at_most);
}

void server::refresh_ahead() {
  asio::post(state_->io, [of = state_.get()] { of->all.known.refresh_ahead(); });
}

void server::keep_nothing(bool yes) {
  asio::post(state_->io, [of = state_.get(), yes] {
    if (of->all.keeps_nothing == yes) return;
    of->all.keeps_nothing = yes;
    of->all.known.cache().start_over();
  });
}

std::uint16_t server::port() const noexcept {
  return state_->port;
}

}  // namespace lambda_cache::agent
