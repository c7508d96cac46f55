// Proxies that do not lead on: what the errors say, and which of them pass.
#include "unit/net/proxy_fixture.hpp"

namespace lambda_cache::net {
namespace {

struct refusing_proxies : proxy_test {
  void expect_refusal(const answer& got, error_kind kind, std::string_view part) {
    expect_error(got, kind, part);
    if (got) return;
    EXPECT_EQ(got.error().retryable, kind != error_kind::rejected) << got.error().message;
    EXPECT_NE(got.error().message.find("HTTPS_PROXY"), std::string::npos) << got.error().message;
    EXPECT_EQ(got.error().message.find("dXNlcjpwYXNzLXdvcmQ"), std::string::npos);
    EXPECT_EQ(http->open_connections(), 0U);
  }
  static scripted_server::script refusing(int status, std::string headers = {}) {
    return [=](peer& client) {
      client.read_request();
      client.answer(status, "<html>a page</html>", headers);
    };
  }
};

TEST_F(refusing_proxies, are_named_with_the_status_and_the_fix) {
  struct refusal {
    int status;
    const char* headers;
    bool with_password;
    error_kind kind;
    const char* fix;
  };
  const std::vector<refusal> all = {
      {407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", false, error_kind::rejected,
       "it asks for a user name and a password. Write them into HTTPS_PROXY"},
      {407, "", false, error_kind::rejected, "it asks for a user name and a password"},
      {407, "Proxy-Authenticate: Negotiate\r\nproxy-authenticate: BASIC realm=\"x\"\r\n", true,
       error_kind::rejected, "it refuses the user name and the password of HTTPS_PROXY"},
      {407, "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n", true,
       error_kind::rejected, "Allow Basic, or this machine's address, in the proxy"},
      {403, "", false, error_kind::rejected,
       "it does not allow ssm.test.invalid:443. Allow it there, or add the host to NO_PROXY"},
      {405, "", false, error_kind::rejected, "Check that it is an HTTP proxy and allows CONNECT"},
      {400, "", false, error_kind::rejected, "does not lead to ssm.test.invalid:443"},
      {302, "Location: http://127.0.0.1:1/\r\n", false, error_kind::rejected, "does not lead to"},
      {502, "", true, error_kind::connection, "it does not reach ssm.test.invalid:443"},
      {503, "", false, error_kind::connection, "Check the endpoint and the proxy's way to it"},
      {504, "", false, error_kind::connection, "it does not reach"},
      {500, "", false, error_kind::connection, "it does not reach"},
      {429, "", false, error_kind::connection, "it does not reach"},
  };
  for (const auto& [status, headers, with_password, kind, fix] : all) {
    scripted_server via(refusing(status, headers));
    use(via, with_password);
    const auto got = fetch(ask());
    expect_refusal(got, kind, fix);
    expect_error(got, kind,
                 "the proxy 127.0.0.1:" + std::to_string(via.port()) +
                     " (HTTPS_PROXY) answered with HTTP status " + std::to_string(status));
    if (!got) {
      EXPECT_EQ(got.error().http_status, status);
    }
    EXPECT_EQ(via.connections(), 1);
  }
}

TEST_F(refusing_proxies, of_plain_requests_are_told_from_the_service) {
  const std::pair<int, error_kind> own[] = {{407, error_kind::rejected},
                                            {403, error_kind::rejected},
                                            {502, error_kind::connection},
                                            {503, error_kind::connection},
                                            {504, error_kind::connection}};
  for (const auto& [status, kind] : own) {
    scripted_server via(refusing(status, "Connection: close\r\n"));
    use(via, true);
    const auto got = fetch(ask(false));
    expect_refusal(got, kind,
                   status == 407 ? "(HTTPS_PROXY) answered with HTTP status 407: "
                                 : "(HTTPS_PROXY), or what it leads to, answered with");
  }
  for (const char* id : {"x-amzn-RequestId: 1\r\n", "x-amz-request-id: 1\r\n"}) {
    for (const int status : {403, 502, 503, 504}) {
      scripted_server via(refusing(status, id));
      use(via);
      const auto got = fetch(ask(false));
      ASSERT_TRUE(got.has_value()) << got.error().message;
      EXPECT_EQ(got->status, status);
    }
  }
}

TEST_F(refusing_proxies, that_speak_something_else_are_told_apart) {
  const std::string endless(32 * 1024, 'x');
  const std::pair<std::string, const char*> spoken[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak HTTP. Check that HTTPS_PROXY names"},
      {"HTTP/2 200 OK\r\n\r\n", "it is not HTTP/1.1"},
      {"\x15\x03\x01", "one that is spoken to over TLS is written https://"},
      {"HTTP/1.1 200 OK\r\nX: " + endless, "its headers are larger than the limit of 16384 bytes"},
      {"HTTP/1.1 407 No\r\nX: " + endless, "its headers are larger than the limit of 16384 bytes"},
      {std::string(tunnel_stands) + "220 hello\r\n", "it sent bytes that nobody asked for"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it switches protocols"},
  };
  for (const auto& [bytes, part] : spoken) {
    scripted_server via([&](peer& client) {
      client.read_request();
      client.send(bytes);
      client.wait_for_close();
    });
    use(via, true);
    const auto got = fetch(ask());
    expect_refusal(got, error_kind::connection, part);
    expect_error(got, error_kind::connection, "did not give a tunnel to ssm.test.invalid:443: ");
  }
}

TEST_F(refusing_proxies, interim_answers_without_end_are_refused) {
  scripted_server via([](peer& client) {
    client.read_request();
    for (;;)
      client.send("HTTP/1.1 100 Continue\r\n\r\n");
  });
  use(via);
  expect_refusal(fetch(ask()), error_kind::connection, "interim answers without end");
}

TEST_F(refusing_proxies, that_hang_up_are_named) {
  for (const std::string_view before : {"", "HTTP/1.1 200 OK\r\nX: "}) {
    scripted_server via([&](peer& client) {
      client.read_request();
      client.send(before);
    });
    use(via, true);
    expect_refusal(fetch(ask()), error_kind::connection,
                   "connection to the proxy 127.0.0.1:" + std::to_string(via.port()) +
                       " (HTTPS_PROXY) failed while asking the proxy for a tunnel: the server "
                       "closed the connection");
  }
  scripted_server via([&](peer& client) {
    client.read_request();
    client.reset();
  });
  use(via, true);
  expect_refusal(fetch(ask()), error_kind::connection, "while asking the proxy for a tunnel");
}

TEST_F(refusing_proxies, tunnels_that_lead_nowhere_are_named) {
  scripted_server via([&](peer& client) {
    client.read_request();
    client.send(tunnel_stands);
  });
  use(via, true);
  expect_refusal(fetch(ask()), error_kind::connection,
                 "connection to ssm.test.invalid:443 through the proxy 127.0.0.1:" +
                     std::to_string(via.port()) + " (HTTPS_PROXY) failed during the TLS handshake");
}

TEST_F(refusing_proxies, that_are_not_there_are_named) {
  std::uint16_t port = 0;
  {
    const scripted_server gone([](peer&) {});
    port = gone.port();
  }
  use(proxy_at(port, false, true));
  expect_refusal(fetch(ask()), error_kind::connection,
                 "cannot connect to the proxy 127.0.0.1:" + std::to_string(port) +
                     " (HTTPS_PROXY): Connection refused. Check HTTPS_PROXY and the way to it");
}

TEST_F(refusing_proxies, silence_ends_with_the_limits) {
  scripted_server via([](peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  use(via, true);
  auto limits = patient();
  limits.connect_timeout = soon;
  const auto late = fetch(ask(), in(never), limits);
  expect_refusal(late, error_kind::timeout, "within the connect_timeout of 100 ms");
  expect_error(late, error_kind::timeout, "(while asking the proxy for a tunnel)");
  expect_error(late, error_kind::timeout, "no answer from ssm.test.invalid:443 through the proxy");
  expect_refusal(fetch(ask(), in(soon)), error_kind::timeout, "within the deadline");
}

TEST_F(refusing_proxies, silence_of_tls_ends_with_the_limits) {
  scripted_server via([](peer& client) { client.wait_for_close(); });
  use(proxy_at(via.port(), true));
  expect_refusal(fetch(ask(), in(soon)), error_kind::timeout,
                 "(during the TLS handshake with the proxy)");
}

TEST_F(refusing_proxies, calls_may_be_given_up_meanwhile) {
  gate asked;
  scripted_server via([&](peer& client) {
    client.read_request();
    asked.open();
    client.wait_for_close();
  });
  use(via);
  http_client::call_id id = 0;
  auto got = begin(ask(), in(never), patient(), &id);
  ASSERT_TRUE(asked.wait());
  loop.run([&] {
    http->cancel(id);
    return 0;
  });
  expect_error(got.get(), error_kind::cancelled, "given up");
  EXPECT_EQ(http->open_connections(), 0U);
}

}  // namespace
}  // namespace lambda_cache::net
