// Which connection carries a request.
#include "unit/net/client_fixture.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lambda_cache::net {
namespace {

struct connection_reuse : client_test {};

void answer_forever(peer& client) {
  for (;;) {
    client.read_request();
    client.answer(200, std::to_string(client.number()));
  }
}

TEST_F(connection_reuse, three_requests_take_one_connection) {
  scripted_server server(answer_forever);
  for (int i = 0; i < 3; ++i)
    expect_text(fetch(server), "0");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(http->open_connections(), 1U);
}

TEST_F(connection_reuse, origins_do_not_share) {
  scripted_server one(answer_forever);
  scripted_server other(answer_forever);
  expect_text(fetch(one), "0");
  expect_text(fetch(other), "0");
  expect_text(fetch(request_to(one, "localhost")), "1");
  EXPECT_EQ(http->open_connections(), 3U);
}

TEST_F(connection_reuse, connection_close_is_obeyed) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "bye", "Connection: close\r\n");
    client.wait_for_close();
  });
  expect_text(fetch(server), "bye");
  expect_text(fetch(server), "bye");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(http->open_connections(), 0U);
}

TEST_F(connection_reuse, http_1_0_is_not_kept) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold");
    client.wait_for_close();
  });
  expect_text(fetch(server), "old");
  expect_text(fetch(server), "old");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(connection_reuse, bytes_nobody_asked_for_end_a_connection) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
    client.wait_for_close();
  });
  expect_text(fetch(server), "ok");
  expect_text(fetch(server), "ok");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(connection_reuse, late_bytes_nobody_asked_for_end_a_connection) {
  gate taken;
  gate sent;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.answer(200, "ok");
    if (client.number() > 0) return;
    taken.wait();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
    sent.open();
    client.wait_for_close();
  });
  expect_text(fetch(server), "ok");
  taken.open();
  ASSERT_TRUE(sent.wait());
  expect_text(fetch(server), "ok");
  EXPECT_EQ(server.connections(), 2);
}

// What a freeze leaves behind: the peer has closed, and nobody has looked at the socket since.
TEST_F(connection_reuse, a_connection_closed_while_idle_is_replaced_silently) {
  gate taken;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.answer(200, std::to_string(client.number()));
    if (client.number() == 0) taken.wait();
  });
  expect_text(fetch(server), "0");
  taken.open();
  expect_text(fetch(server), "1");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(connection_reuse, a_connection_that_dies_under_the_request_is_replaced_once) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, std::to_string(client.number()));
    if (client.number() > 0) answer_forever(client);
    client.read_request();
    client.reset();
  });
  expect_text(fetch(server), "0");
  expect_text(fetch(server), "1");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(connection_reuse, the_replacement_is_not_replaced) {
  scripted_server server([](peer& client) {
    if (client.number() == 0) {
      client.read_request();
      client.answer(200, "first");
    }
    client.read_request();
    client.reset();
  });
  expect_text(fetch(server), "first");
  expect_error(fetch(server), error_kind::connection, std::to_string(server.port()));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(connection_reuse, a_new_connection_that_dies_is_not_replaced) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.reset();
  });
  expect_error(fetch(server), error_kind::connection, "");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(connection_reuse, a_request_that_must_not_be_repeated_is_not_repeated) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "first");
    client.read_request();
    client.reset();
  });
  expect_text(fetch(server), "first");
  auto request = request_to(server);
  request.idempotent = false;
  expect_error(fetch(std::move(request)), error_kind::connection, "");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(connection_reuse, an_answer_that_began_is_not_asked_for_again) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "first");
    client.read_request();
    client.send("H");
    client.reset();
  });
  expect_text(fetch(server), "first");
  EXPECT_FALSE(fetch(server).has_value());
  EXPECT_EQ(server.connections(), 1);
}

struct idle_age : connection_reuse {
  /// Moves the clocks back at the end, for the other tests.
  void pass(core::nanos wall, core::nanos mono) {
    core::shift(wall, mono, 0);
    wall_ += wall;
    mono_ += mono;
  }
  ~idle_age() override { core::shift(-wall_, -mono_, 0); }

 private:
  core::nanos wall_ = 0;
  core::nanos mono_ = 0;
};

TEST_F(idle_age, old_by_the_wall_clock_is_not_used) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  pass(20 * core::second, 0);  // a freeze that the monotonic clock slept through
  expect_text(fetch(server), "1");
}

TEST_F(idle_age, old_by_the_monotonic_clock_is_not_used) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  pass(0, 20 * core::second);
  expect_text(fetch(server), "1");
}

TEST_F(idle_age, a_wall_clock_set_back_ends_idle_connections) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  pass(-5 * core::second, 0);
  expect_text(fetch(server), "1");
}

TEST_F(idle_age, young_is_used) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  pass(15 * core::second, 15 * core::second);
  expect_text(fetch(server), "0");
}

TEST_F(connection_reuse, at_most_so_many_are_kept) {
  make_client({}, {.max_idle_per_origin = 2, .max_idle_age = std::chrono::seconds(600)});
  gate go;
  scripted_server server([&](peer& client) {
    client.read_request();
    go.wait();
    client.answer(200, "ok");
    client.wait_for_close();
  });
  std::vector<std::future<answer>> answers;
  for (int i = 0; i < 5; ++i)
    answers.push_back(begin(request_to(server)));
  go.open();
  for (auto& one : answers)
    expect_text(one.get(), "ok");
  EXPECT_EQ(server.connections(), 5);
  EXPECT_EQ(http->open_connections(), 2U);
}

TEST_F(connection_reuse, dropped_connections_are_not_used_again) {
  gate go;
  scripted_server server([&](peer& client) {
    client.read_request();
    if (client.number() == 1) go.wait();
    client.answer(200, std::to_string(client.number()));
    answer_forever(client);
  });
  expect_text(fetch(server), "0");
  loop.run([this] { http->drop_connections(); });
  EXPECT_EQ(http->open_connections(), 0U);
  auto running = begin(request_to(server));
  loop.run([this] { http->drop_connections(); });
  go.open();
  expect_text(running.get(), "1");
  EXPECT_EQ(http->open_connections(), 0U);
  expect_text(fetch(server), "2");
}

// The child closes its copies; the parent's sessions must live on.
TEST_F(connection_reuse, a_forked_child_does_not_disturb_its_parent) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close_sockets_after_fork();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  expect_text(fetch(server), "0");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(connection_reuse, close_after_fork_closes_every_socket) {
  gate closed;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.answer(200, "ok");
    try {
      client.wait_for_close();
    } catch (const test::peer_gone&) {
      closed.open();
    }
  });
  expect_text(fetch(server), "ok");
  // Here instead of in a child, where nobody could watch.
  close_sockets_after_fork();
  EXPECT_TRUE(closed.wait());
  // What is destroyed later does not close the numbers again: they may be somebody else's.
  const int reused = ::dup(STDERR_FILENO);
  loop.run([this] { http.reset(); });
  EXPECT_GE(::fcntl(reused, F_GETFD), 0);
  ::close(reused);
}

TEST_F(connection_reuse, idle_connections_hold_no_secrets) {
  scripted_server server(answer_forever);
  expect_text(fetch(server), "0");
  const auto before = core::secret_bytes_in_use();
  {
    auto request = request_to(server);
    request.body.assign(100'000, 's');
    const auto got = fetch(std::move(request));
    expect_text(got, "0");
    EXPECT_GT(core::secret_bytes_in_use(), before);  // the answer's body
  }
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::net
