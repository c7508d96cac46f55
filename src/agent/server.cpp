#include "agent/server.hpp"

#include "agent/listening.hpp"
#include "agent/prefetch.hpp"
#include "agent/session.hpp"
#include "wiring/wired_cache.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/unicast.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace lambda_cache::agent {

namespace asio = boost::asio;
using stream = asio::generic::stream_protocol;

namespace {

constexpr std::chrono::seconds sweep_every{1};
constexpr std::chrono::milliseconds accept_again{100};

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

}  // namespace

struct server::state {
  state(const settings& settled, std::shared_ptr<wiring::wired_cache> cache)
      : all(settled, std::move(cache)) {}

  /// A place where clients come in.
  struct door {
    listening::place& at;
    asio::steady_timer pause;
  };

  void open_doors() {
    for (listening::place& each : places->places())
      accept(doors.emplace_back(door{each, asio::steady_timer(io)}));
  }

  void accept(door& on) {
    on.at.acceptor.async_accept([this, &on](const boost::system::error_code& failed,
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
        welcome(std::move(got), on.at.is_unix);
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
    for (door& each : doors) {
      boost::system::error_code ignored;
      each.at.acceptor.close(ignored);
      each.pause.cancel();
    }
    for_each_session([&](session& each) { each.close(at_once); });
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
  std::optional<listening> places;  // behind `io`, which its sockets need
  std::list<door> doors;
  asio::steady_timer sweeper{io};
  std::shared_ptr<prefetching> ahead;  // what is being prefetched
  asio::steady_timer ahead_timer{io};
  std::promise<void> ended;  // the thread's work
  std::thread thread;
};

server::server(settings how, std::shared_ptr<wiring::wired_cache> cache)
    : how_(std::move(how)), cache_(std::move(cache)) {}

server::~server() {
  stop(std::chrono::milliseconds(0));
}

core::result<void> server::start() {
  if (state_) return refuse("The server is started already.");
  auto made = std::make_unique<state>(how_, cache_);
  auto opened = listening::open(made->io, how_);
  if (!opened) return core::fail(std::move(opened.error()));
  made->places.emplace(std::move(*opened));
  made->open_doors();
  made->sweep();
  made->thread = std::thread([of = made.get()] { of->run(); });
  state_ = std::move(made);
  return {};
}

void server::stop(std::chrono::milliseconds grace) noexcept {
  if (!state_) return;
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
  state_.reset();
}

void server::prefetch(std::chrono::nanoseconds at_most) {
  if (!state_ || how_.prefetch.empty()) return;
  const auto done = std::make_shared<std::promise<void>>();
  auto told = done->get_future();
  asio::post(state_->io, [of = state_.get(), done] { of->start_prefetch(done); });
  told.wait_for(at_most);
}

void server::refresh_ahead() {
  if (!state_) return;
  asio::post(state_->io, [of = state_.get()] { of->all.known.refresh_ahead(); });
}

void server::keep_nothing(bool yes) {
  if (!state_) return;
  asio::post(state_->io, [of = state_.get(), yes] {
    if (of->all.keeps_nothing == yes) return;
    of->all.keeps_nothing = yes;
    of->all.known.cache().start_over();
  });
}

std::uint16_t server::port() const noexcept {
  return state_ ? state_->places->port() : 0;
}

}  // namespace lambda_cache::agent
