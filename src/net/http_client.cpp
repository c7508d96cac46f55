#include "net/http_client.hpp"

#include "core/caught.hpp"
#include "net/add_span.hpp"
#include "net/connection.hpp"
#include "net/connection_pool.hpp"
#include "net/request_text.hpp"
#include "net/tunnel.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace lambda_cache::net {

struct http_client::impl {
  class call;

  impl(io_loop& on, tls_settings tls, pool_settings pooling, proxy_settings through)
      : loop(on),
        trust(std::move(tls)),
        proxies(std::move(through)),
        host{on, trust},
        pool(pooling) {}
  ~impl();

  io_loop& loop;
  tls_trust trust;
  const proxy_settings proxies;
  connection_host host;
  connection_pool pool;
  std::unordered_map<call_id, std::unique_ptr<call>> calls;
  call_id next_id = 1;
};

/// One request on its way: which connection carries it, and what ends it.
class http_client::impl::call final : private connection_observer, private io_loop::late {
 public:
  call(impl& client, call_id id, http_limits limits, handler done)
      : client_(client),
        loop_(client.loop),
        id_(id),
        limits_(std::move(limits)),
        done_(std::move(done)) {}
  ~call() { end_timers(); }
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  void start(http_request request, core::deadline deadline) noexcept {
    calling_ = true;
    guarded([&] { begin(std::move(request), deadline); });
    if (!result_) calling_ = false;
  }

  void set_deadline(core::deadline deadline) {
    const auto before = deadline_timer_;
    deadline_timer_ = deadline == core::no_deadline ? 0 : client_.loop.at(deadline, [this] {
      deadline_timer_ = 0;
      guarded([this] { on_deadline(); });
    });
    client_.loop.cancel(before);
  }
  void set_deadline_name(std::string name) { limits_.deadline_name = std::move(name); }

  void cancel(const char* why) noexcept {
    calling_ = true;
    finish(core::fail(core::plain_error(error_kind::cancelled, why)));
  }

 private:
  void begin(http_request request, core::deadline deadline) {
    route_.to = request.to;
    if (!request.direct) route_.via = client_.proxies.between(route_.to);
    idempotent_ = request.idempotent;
    sink_ = std::move(request.sink);
    auto wire = write_request(request, route_.via.get());
    if (!wire) return finish(core::fail(std::move(wire.error())));
    wire_ = std::move(*wire);
    set_deadline(deadline);
    epoch_ = client_.pool.epoch();
    link_ = client_.pool.take(route_);
    pooled_ = link_ != nullptr;
    if (pooled_) {
      send_wire();
    } else {
      open_new();
    }
  }

  /// What a step throws fails the call; steps throw nothing once they have finished it.
  template <class Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (...) {
      finish(core::fail(core::caught()));
    }
  }

  void open_new() {
    pooled_ = false;
    client_.loop.cancel(std::exchange(idle_timer_, 0));
    const auto& known = client_.pool;
    anchors_ = client_.trust.first_for(route_.to.host);
    if (anchors_ == trust_anchors::amazon_roots && known.needs_system_store(route_)) {
      anchors_ = trust_anchors::system_store;
    }
    if (connect_timer_ == 0) {  // else: the same time for a second handshake
      connect_deadline_ = add_span(std::chrono::steady_clock::now(), connect_timeout());
      connect_timer_ = client_.loop.at(connect_deadline_, [this] {
        connect_timer_ = 0;
        guarded([this] { on_connect_timeout(); });
      });
    }
    link_ = std::make_unique<connection>(client_.host, route_);
    link_->open(anchors_, known.session(route_), connect_deadline_, *this);
  }

  // A proxy connects on its part.
  [[nodiscard]] std::chrono::milliseconds connect_timeout() const noexcept {
    return limits_.connect_timeout * (route_.via != nullptr ? 2 : 1);
  }

  void send_wire() {
    link_->exchange({wire_.data(), wire_.size()}, limits_, sink_.get(), *this);
    watch_idleness();
  }

  // Looked at once in a while, not moved with every byte: an answer that stands still is found
  // a quarter of the limit late at most.
  void watch_idleness() {
    client_.loop.cancel(std::exchange(idle_timer_, 0));
    if (limits_.idle_timeout.count() == 0) return;
    seen_ = 0;
    seen_at_ = std::chrono::steady_clock::now();
    look_for_idleness();
  }

  void on_open(core::result<void> opened) noexcept override {
    guarded([&] { go_on(std::move(opened)); });
  }

  void go_on(core::result<void> opened) {
    if (opened) {
      client_.loop.cancel(std::exchange(connect_timer_, 0));
      return send_wire();
    }
    client_.pool.forget_session(route_);
    if (link_->issuer_unknown() && anchors_ == trust_anchors::amazon_roots &&
        client_.trust.context(trust_anchors::system_store)) {
      client_.pool.set_needs_system_store(route_);
      return open_new();
    }
    finish(core::fail(std::move(opened.error())));
  }

  void on_answer(core::result<http_response> answer) noexcept override {
    if (answer) {
      client_.pool.put(std::move(link_), epoch_);
      if (route_.via != nullptr && !route_.to.tls && is_refused_by_proxy(*answer)) {
        try {
          answer = core::fail(refused_by_proxy(route_, *answer));
        } catch (...) {
          answer = core::fail(core::caught());
        }
      }
    } else if (pooled_ && idempotent_ && !link_->answer_began() &&
               answer.error().kind == error_kind::connection) {
      // The server closed it while it was idle; the others of that age are likely to be dead too.
      client_.pool.drop(route_);
      return guarded([this] { open_new(); });
    }
    finish(std::move(answer));
  }

  // A timer may fire late, after a freeze, when what was waited for is there: that goes first.
  [[nodiscard]] bool finished_by_advancing() {
    auto& client = client_;
    const auto id = id_;
    calling_ = true;
    link_->advance();
    if (!client.calls.contains(id)) return true;
    calling_ = false;
    return false;
  }

  void on_connect_timeout() {
    if (finished_by_advancing() || link_->now_in() >= connection::phase::idle) return;
    time_out("connect_timeout of " + std::to_string(connect_timeout().count()) + " ms");
  }

  void look_for_idleness() {
    const auto next = std::max(limits_.idle_timeout / 4, std::chrono::milliseconds(1));
    idle_timer_ = client_.loop.at(add_span(std::chrono::steady_clock::now(), next), [this] {
      idle_timer_ = 0;
      guarded([this] { on_idleness(); });
    });
  }

  void on_idleness() {
    if (finished_by_advancing()) return;
    const auto now = std::chrono::steady_clock::now();
    if (link_->received() != seen_) {
      seen_ = link_->received();
      seen_at_ = now;
    }
    if (now - seen_at_ < limits_.idle_timeout) return look_for_idleness();
    time_out("idle_timeout of " + std::to_string(limits_.idle_timeout.count()) + " ms");
  }

  void on_deadline() {
    if (finished_by_advancing()) return;
    time_out(limits_.deadline_name);
  }

  void time_out(const std::string& limit) {
    finish(core::fail(core::make_error(
        error_kind::timeout, "no answer from " + describe(route_) + " within the " + limit + " (" +
                                 std::string(describe(link_->now_in())) + ")")));
  }

  /// Destroys this object, at once or soon. Of a call that has finished already: nothing.
  void finish(core::result<http_response> result) noexcept {
    const auto at = client_.calls.find(id_);
    if (at == client_.calls.end()) return;
    std::unique_ptr<call> self = std::move(at->second);
    client_.calls.erase(at);
    end_timers();
    link_.reset();
    if (calling_) {
      result_ = std::move(result);
      return client_.loop.soon(*self.release());
    }
    auto& still_there = loop_;
    auto done = std::move(done_);
    self.reset();
    tell(still_there, std::move(done), std::move(result));
  }

  static void tell(io_loop& on, handler done, core::result<http_response> result) noexcept {
    try {
      done(std::move(result));
    } catch (...) {
      on.note_failure();
    }
  }

  // The client may be gone by then.
  void run_late() override {
    const std::unique_ptr<call> self(this);
    tell(loop_, std::move(done_), std::move(*result_));
  }
  void drop_late() noexcept override { delete this; }

  void end_timers() noexcept {
    loop_.cancel(std::exchange(connect_timer_, 0));
    loop_.cancel(std::exchange(deadline_timer_, 0));
    loop_.cancel(std::exchange(idle_timer_, 0));
  }

  impl& client_;
  io_loop& loop_;
  call_id id_;
  route route_;
  bool idempotent_ = true;
  http_limits limits_;
  handler done_;
  core::secret_bytes wire_;
  std::shared_ptr<body_sink> sink_;

  std::unique_ptr<connection> link_;
  trust_anchors anchors_{};
  unsigned epoch_ = 0;
  bool pooled_ = false;
  bool calling_ = false;  // the stack below is ours or our caller's: the handler must wait
  core::deadline connect_deadline_{};
  io_loop::timer_id connect_timer_ = 0;
  io_loop::timer_id deadline_timer_ = 0;
  io_loop::timer_id idle_timer_ = 0;
  std::optional<core::result<http_response>> result_;  // once it is only to be told
  std::uint64_t seen_ = 0;  // bytes of the answer, and when they had become so many
  core::deadline seen_at_{};
};

http_client::impl::~impl() {
  while (!calls.empty())
    calls.begin()->second->cancel("the HTTP client was shut down");
}

http_client::http_client(io_loop& loop, tls_settings tls, pool_settings pool,
                         proxy_settings proxies)
    : impl_(std::make_unique<impl>(loop, std::move(tls), pool, std::move(proxies))) {}

http_client::~http_client() = default;

http_client::call_id http_client::send(http_request request, const http_limits& limits,
                                       core::deadline deadline, handler done) {
  const auto id = impl_->next_id++;
  auto made = std::make_unique<impl::call>(*impl_, id, limits, std::move(done));
  auto& started = *impl_->calls.emplace(id, std::move(made)).first->second;
  started.start(std::move(request), deadline);
  return id;
}

void http_client::cancel(call_id id) noexcept {
  const auto found = impl_->calls.find(id);
  if (found != impl_->calls.end()) found->second->cancel("the request was given up");
}

void http_client::set_deadline(call_id id, core::deadline deadline, std::string name) {
  const auto found = impl_->calls.find(id);
  if (found == impl_->calls.end()) return;
  found->second->set_deadline(deadline);
  found->second->set_deadline_name(std::move(name));
}

void http_client::drop_connections() {
  impl_->pool.drop_all();
}

std::size_t http_client::open_connections() const noexcept {
  return impl_->host.open.load(std::memory_order_relaxed);
}

}  // namespace lambda_cache::net
