// What ends a request that does not end by itself, in each phase.
#include "net/resolver.hpp"
#include "unit/net/client_fixture.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lambda_cache::net {
namespace {

struct deadlines : client_test {
  static http_limits hasty() {
    http_limits limits;
    limits.connect_timeout = soon;
    return limits;
  }
};
struct cancelling : client_test {};

/// Listens with a full queue, so that a connect hangs: the kernel drops the handshakes.
class deaf_server {
 public:
  explicit deaf_server(std::uint32_t host = INADDR_LOOPBACK, std::uint16_t port = 0) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    for (int& one : fillers_) {
      one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(one, reinterpret_cast<sockaddr*>(&address), size);
    }
  }
  ~deaf_server() {
    for (const int one : fillers_)
      ::close(one);
    ::close(listener_);
  }
  deaf_server(const deaf_server&) = delete;
  deaf_server& operator=(const deaf_server&) = delete;
  [[nodiscard]] http_request request() const {
    http_request made;
    made.to = {false, "127.0.0.1", port_};
    return made;
  }

 private:
  int listener_ = -1;
  int fillers_[4] = {};
  std::uint16_t port_ = 0;
};

TEST_F(deadlines, connect_timeout_while_connecting) {
  const deaf_server server;
  expect_error(fetch(server.request(), in(never), hasty()), error_kind::timeout,
               "connect_timeout of 50 ms (while connecting)");
  EXPECT_EQ(http->open_connections(), 0U);
}

TEST_F(deadlines, an_address_that_does_not_answer_leaves_time_for_the_next) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "second address");
  });
  const deaf_server deaf(INADDR_LOOPBACK + 1, server.port());
  pin_host("two-addresses.test", "127.0.0.2");
  pin_host("two-addresses.test", "127.0.0.1");
  auto limits = patient();
  limits.connect_timeout = 1000ms;
  expect_text(fetch(request_to(server, "two-addresses.test"), in(never), limits), "second address");
}

TEST_F(deadlines, deadline_while_connecting) {
  const deaf_server server;
  expect_error(fetch(server.request(), in(soon)), error_kind::timeout,
               "within the deadline (while connecting)");
}

TEST_F(deadlines, connect_timeout_during_the_handshake) {
  scripted_server server([](peer& client) { client.wait_for_close(); });
  expect_error(fetch(request_to(server, "127.0.0.1", true), in(never), hasty()),
               error_kind::timeout, "connect_timeout of 50 ms (during the TLS handshake)");
}

TEST_F(deadlines, connect_timeout_does_not_count_for_the_answer) {
  gate late;
  scripted_server server([&](peer& client) {
    client.read_request();
    late.wait();
    client.answer(200, "late");
  });
  auto limits = hasty();
  auto got = begin(request_to(server), in(never), limits);
  // A timer set after the connect timer and firing after it shows that the latter has passed.
  std::promise<void> passed;
  loop.run([&] { (*loop).at(in(2 * soon), [&] { passed.set_value(); }); });
  passed.get_future().wait();
  late.open();
  expect_text(got.get(), "late");
}

TEST_F(deadlines, deadline_while_the_request_is_sent) {
  gate done;
  scripted_server server([&](peer&) { done.wait(); });
  auto request = request_to(server);
  request.body.resize(16 * 1024 * 1024, 'r');
  expect_error(fetch(std::move(request), in(soon)), error_kind::timeout,
               "while sending the request");
  done.open();
}

TEST_F(deadlines, deadline_before_the_answer) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  auto limits = patient();
  limits.deadline_name = "attempt timeout of 50 ms";
  expect_error(fetch(request_to(server), in(soon), limits), error_kind::timeout,
               "attempt timeout of 50 ms (while waiting for the answer)");
  EXPECT_EQ(http->open_connections(), 0U);
}

TEST_F(deadlines, deadline_within_headers_and_within_the_body) {
  for (const std::string_view part :
       {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo"}) {
    scripted_server server([&](peer& client) {
      client.read_request();
      client.send(part);
      client.wait_for_close();
    });
    expect_error(fetch(request_to(server), in(soon)), error_kind::timeout, "within the deadline");
  }
}

TEST_F(deadlines, a_slow_drip_does_not_extend_the_deadline) {
  scripted_server server([&](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;)
      client.send("1\r\nx\r\n");
  });
  auto limits = patient();
  limits.max_body_bytes = std::size_t{1} << 40;
  expect_error(fetch(request_to(server), in(soon), limits), error_kind::timeout, "deadline");
}

TEST_F(deadlines, a_deadline_in_the_past_ends_the_call_from_the_loop) {
  scripted_server server([](peer& client) { client.wait_for_close(); });
  expect_error(fetch(request_to(server), in(-1h)), error_kind::timeout, "deadline");
}

// After a freeze the timer has fired, though the answer came in time: the answer wins.
TEST_F(deadlines, an_answer_that_is_there_beats_a_timer_that_fired) {
  gate requested;
  gate frozen;
  gate answered;
  scripted_server server([&](peer& client) {
    client.read_request();
    requested.open();
    frozen.wait();
    client.answer(200, "in time");
    answered.open();
    client.wait_for_close();
  });
  http_client::call_id id = 0;
  auto got = begin(request_to(server), in(never), patient(), &id);
  ASSERT_TRUE(requested.wait());
  // The loop stands still, as in a frozen process, until answer and deadline have both passed.
  loop.run([&] {
    http->set_deadline(id, in(0ms), "deadline");
    frozen.open();
    answered.wait();
  });
  expect_text(got.get(), "in time");
}

TEST_F(deadlines, can_be_moved_in_both_directions) {
  gate late;
  scripted_server server([&](peer& client) {
    client.read_request();
    late.wait();
    client.answer(200, "late");
    client.wait_for_close();
  });
  http_client::call_id id = 0;
  auto got = begin(request_to(server), in(never), patient(), &id);
  loop.run([&] { http->set_deadline(id, in(soon), "deadline of the caller"); });
  expect_error(got.get(), error_kind::timeout, "within the deadline of the caller");

  got = begin(request_to(server), in(20 * soon), patient(), &id);
  loop.run([&] { http->set_deadline(id, core::no_deadline, "deadline"); });
  late.open();
  expect_text(got.get(), "late");
  loop.run([&] { http->set_deadline(id, in(soon), "deadline"); });  // unknown by now
}

TEST_F(cancelling, ends_the_call_in_each_phase) {
  const deaf_server deaf;
  scripted_server silent([](peer& client) { client.wait_for_close(); });
  gate received;
  scripted_server half([&](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo");
    received.open();
    client.wait_for_close();
  });
  for (auto* make :
       {+[](const deaf_server& d, scripted_server&, scripted_server&) { return d.request(); },
        +[](const deaf_server&, scripted_server& s, scripted_server&) {
          return request_to(s, "127.0.0.1", true);
        },
        +[](const deaf_server&, scripted_server& s, scripted_server&) { return request_to(s); },
        +[](const deaf_server&, scripted_server&, scripted_server& h) { return request_to(h); }}) {
    http_client::call_id id = 0;
    auto got = begin(make(deaf, silent, half), in(never), patient(), &id);
    loop.run([&] { http->cancel(id); });
    expect_error(got.get(), error_kind::cancelled, "given up");
    EXPECT_EQ(http->open_connections(), 0U);
    loop.run([&] { http->cancel(id); });
  }
}

TEST_F(cancelling, in_the_middle_of_an_answer) {
  gate received;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo");
    received.open();
    client.wait_for_close();
  });
  http_client::call_id id = 0;
  auto got = begin(request_to(server), in(never), patient(), &id);
  ASSERT_TRUE(received.wait());
  loop.run([&] { http->cancel(id); });
  expect_error(got.get(), error_kind::cancelled, "");
}

TEST_F(cancelling, after_the_answer_changes_nothing) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "ok");
    client.wait_for_close();
  });
  http_client::call_id id = 0;
  auto got = begin(request_to(server), in(never), patient(), &id);
  expect_text(got.get(), "ok");
  loop.run([&] { http->cancel(id); });
  EXPECT_EQ(http->open_connections(), 1U);
}

TEST_F(cancelling, destroying_the_client_ends_its_calls) {
  scripted_server server([](peer& client) { client.wait_for_close(); });
  auto one = begin(request_to(server));
  auto other = begin(request_to(server, "127.0.0.1", true));
  loop.run([this] { http.reset(); });
  expect_error(one.get(), error_kind::cancelled, "shut down");
  expect_error(other.get(), error_kind::cancelled, "shut down");
}

TEST_F(cancelling, a_client_may_be_destroyed_after_its_loop_stopped) {
  scripted_server server([](peer& client) { client.wait_for_close(); });
  auto held = std::make_shared<int>();
  make_client();
  loop.run([&] {
    http->send(request_to(server), patient(), core::no_deadline, [held](answer) { FAIL(); });
  });
  loop.stop();
  http.reset();
  EXPECT_GE(held.use_count(), 1);
}

TEST_F(cancelling, a_handler_may_destroy_the_client) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "ok");
    client.wait_for_close();
  });
  make_client();
  std::promise<void> destroyed;
  loop.run([&] {
    http->send(request_to(server), patient(), in(never), [&](answer) {
      http.reset();
      destroyed.set_value();
    });
  });
  destroyed.get_future().wait();
}

TEST_F(cancelling, a_lookup_in_flight_may_outlive_everything) {
  http_request request;
  request.to = {false, "no-such-host.invalid", 80};
  make_client();
  std::promise<answer> got;
  // In one task of the loop, or the lookup might be over before the client is.
  loop.run([&] {
    http->send(std::move(request), patient(), in(never),
               [&got](answer seen) { got.set_value(std::move(seen)); });
    http.reset();
  });
  expect_error(got.get_future().get(), error_kind::cancelled, "");
}

TEST_F(cancelling, handlers_are_never_called_from_inside_send) {
  make_client();
  scripted_server server([](peer& client) { client.wait_for_close(); });
  std::promise<void> done;
  bool inside = true;  // the loop's thread only
  loop.run([&] {
    auto bad = request_to(server);
    bad.target = "no slash";
    http->send(std::move(bad), patient(), in(never), [&](const answer&) { EXPECT_FALSE(inside); });
    http_request refused;
    refused.to = {false, "127.0.0.1", 1};
    http->send(std::move(refused), patient(), in(never), [&](const answer&) { done.set_value(); });
    inside = false;
  });
  done.get_future().wait();
}

}  // namespace
}  // namespace lambda_cache::net
