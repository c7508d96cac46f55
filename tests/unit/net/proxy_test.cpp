// Requests that go through a proxy.
#include "net/resolver.hpp"
#include "unit/net/proxy_fixture.hpp"

namespace lambda_cache::net {
namespace {

void answer_forever(peer& client) {
  for (;;) {
    client.read_request();
    client.answer(200, std::to_string(client.number()) + (client.resumed() ? " resumed" : ""));
  }
}

struct proxy_tunnels : proxy_test {
  scripted_server endpoint{{.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                           answer_forever};
};

TEST_F(proxy_tunnels, lead_to_the_endpoint_and_tell_the_proxy_nothing_else) {
  scripted_server via(leading_to(endpoint));
  use(via);
  expect_text(fetch(ask()), "0");
  expect_text(fetch(ask()), "0");
  EXPECT_EQ(told(), (std::vector<std::string>{"CONNECT ssm.test.invalid:443 HTTP/1.1\r\n"
                                              "Host: ssm.test.invalid:443\r\n"
                                              "User-Agent: lambda-cache\r\n\r\n"}));
  EXPECT_EQ(endpoint.requests(), 2);
}

TEST_F(proxy_tunnels, say_who_asks_to_the_proxy_only) {
  std::string seen;
  scripted_server server({.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                         [&](peer& client) {
                           seen = client.read_request();
                           client.answer(200, "ok");
                         });
  scripted_server via(leading_to(server));
  use(via, true);
  expect_text(fetch(ask()), "ok");
  ASSERT_EQ(told().size(), 1U);
  EXPECT_TRUE(told()[0].contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNzLXdvcmQ=\r\n"))
      << told()[0];
  EXPECT_FALSE(seen.contains("Proxy-Authorization")) << seen;
  EXPECT_TRUE(seen.contains("POST / HTTP/1.1\r\nHost: ssm.test.invalid\r\n")) << seen;
}

TEST_F(proxy_tunnels, name_addresses_of_six_in_brackets) {
  scripted_server server({.tls = ca.issue({.addresses = {"2001:db8::1"}})}, answer_forever);
  scripted_server via(leading_to(server));
  use(via);
  expect_text(fetch(ask(true, "2001:db8::1", 8443)), "0");
  EXPECT_TRUE(told()[0].contains("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n")) << told()[0];
}

TEST_F(proxy_tunnels, check_the_endpoints_certificate) {
  scripted_server via(leading_to(endpoint));
  use(via);
  const auto got = fetch(ask(true, "other.test.invalid"));
  expect_error(got, error_kind::tls, "not for other.test.invalid");
  expect_error(got, error_kind::tls, "through the proxy 127.0.0.1:");
  EXPECT_EQ(endpoint.requests(), 0);
}

TEST_F(proxy_tunnels, do_not_mix) {
  scripted_server both(
      {.tls = ca.issue({.dns_names = {std::string(endpoint_name), "s3.test.invalid"}})},
      answer_forever);
  scripted_server via(leading_to(both));
  pin_host(std::string(endpoint_name), "127.0.0.1");
  use(via);
  expect_text(fetch(ask(true, endpoint_name, both.port())), "0");
  expect_text(fetch(ask(true, "s3.test.invalid", both.port())), "1");
  auto direct = ask(true, endpoint_name, both.port());
  direct.direct = true;
  expect_text(fetch(std::move(direct)), "2");
  expect_text(fetch(ask(true, endpoint_name, both.port())), "0");
  EXPECT_EQ(via.connections(), 2);
  EXPECT_EQ(both.connections(), 3);
}

TEST_F(proxy_tunnels, are_kept_away_from_exceptions) {
  pin_host("near.test.invalid", "127.0.0.1");
  scripted_server near({.tls = ca.issue({.dns_names = {"near.test.invalid"}})}, answer_forever);
  scripted_server via(leading_to(near));
  use(proxy_at(via.port()), "example.com, .test.invalid");
  expect_text(fetch(ask(true, "near.test.invalid", near.port())), "0");
  EXPECT_EQ(via.connections(), 0);
}

TEST_F(proxy_tunnels, answers_of_the_old_form_and_with_a_length_are_taken) {
  for (const std::string_view head :
       {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    scripted_server via([&](peer& client) {
      client.read_request();
      for (const char c : head)
        client.send({&c, 1});
      client.relay_to(endpoint.port());
    });
    use(via);
    const auto got = fetch(ask());
    EXPECT_TRUE(got.has_value()) << head << got.error().message;
  }
}

TEST_F(proxy_tunnels, sessions_are_resumed_through_a_new_one) {
  scripted_server server(
      {.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})}, [](peer& client) {
        client.read_request();
        client.answer(200, client.resumed() ? "resumed" : "full", "Connection: close\r\n");
      });
  scripted_server via(leading_to(server));
  use(via);
  expect_text(fetch(ask()), "full");
  expect_text(fetch(ask()), "resumed");
}

// What a freeze leaves behind.
TEST_F(proxy_tunnels, that_died_are_replaced_silently) {
  gate taken;
  scripted_server server({.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                         [&](peer& client) {
                           client.read_request();
                           client.answer(200, std::to_string(client.number()));
                           if (client.number() == 0) taken.wait();
                           if (client.number() != 1) return;
                           client.read_request();
                           client.reset();
                         });
  scripted_server via(leading_to(server));
  use(via);
  expect_text(fetch(ask()), "0");
  taken.open();
  expect_text(fetch(ask()), "1");
  expect_text(fetch(ask()), "2");
  EXPECT_EQ(via.connections(), 3);
}

struct plain_through_a_proxy : proxy_test {};

TEST_F(plain_through_a_proxy, requests_are_written_for_it) {
  std::string seen;
  scripted_server via([&](peer& client) {
    for (;;) {
      seen = client.read_request();
      client.answer(200, "ok");
    }
  });
  use(via, true);
  auto request = ask(false, "ssm.test.invalid", 8080);
  request.target = "/path?q=1";
  expect_text(fetch(std::move(request)), "ok");
  EXPECT_EQ(seen,
            "POST http://ssm.test.invalid:8080/path?q=1 HTTP/1.1\r\n"
            "Host: ssm.test.invalid:8080\r\n"
            "Proxy-Authorization: Basic dXNlcjpwYXNzLXdvcmQ=\r\n"
            "Authorization: AWS4-HMAC-SHA256 signature\r\n"
            "Content-Length: 2\r\n\r\n{}");
  expect_text(fetch(ask(false, "ssm.test.invalid", 8080)), "ok");
  EXPECT_EQ(via.connections(), 1);
  expect_text(fetch(ask(false, "ssm.test.invalid", 80)), "ok");
  EXPECT_TRUE(seen.contains("POST http://ssm.test.invalid/ HTTP/1.1\r\nHost: ssm.test.invalid\r\n"))
      << seen;
  EXPECT_EQ(via.connections(), 2);
}

TEST_F(plain_through_a_proxy, what_is_this_machines_own_is_asked_directly) {
  scripted_server via(answer_forever);
  std::string seen;
  scripted_server server([&](peer& client) {
    seen = client.read_request();
    client.answer(200, "direct");
  });
  use(via, true);
  expect_text(fetch(ask(false, "127.0.0.1", server.port())), "direct");
  EXPECT_TRUE(seen.contains("POST / HTTP/1.1\r\n")) << seen;
  EXPECT_FALSE(seen.contains("Proxy-Authorization")) << seen;
  expect_text(fetch(ask(false, "localhost", server.port())), "direct");
  EXPECT_EQ(via.connections(), 0);
}

struct proxies_over_tls : proxy_test {
  scripted_server endpoint{{.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                           answer_forever};
};

TEST_F(proxies_over_tls, carry_tls_inside) {
  const std::string large(1024 * 1024, 'x');
  scripted_server server({.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                         [&](peer& client) {
                           for (;;) {
                             const auto request = client.read_request();
                             client.answer(200, request.substr(request.find("\r\n\r\n") + 4));
                           }
                         });
  scripted_server via({.tls = ca.issue({.dns_names = {"localhost"}})}, leading_to(server));
  use(proxy_at(via.port(), true, true, "localhost"));
  auto request = ask();
  request.body.assign(large.begin(), large.end());
  expect_text(fetch(std::move(request)), large);
  expect_text(fetch(ask()), "{}");
  EXPECT_EQ(via.connections(), 1);
  EXPECT_TRUE(told()[0].contains("Proxy-Authorization: Basic ")) << told()[0];
}

TEST_F(proxies_over_tls, carry_plain_requests) {
  scripted_server via({.tls = ca.issue({.dns_names = {"localhost"}})}, [&](peer& client) {
    for (;;) {
      note(client.read_request());
      client.answer(200, "plain");
    }
  });
  use(proxy_at(via.port(), true, false, "localhost"));
  expect_text(fetch(ask(false)), "plain");
  expect_text(fetch(ask(false)), "plain");
  EXPECT_EQ(via.connections(), 1);
  EXPECT_TRUE(told()[0].contains("POST http://ssm.test.invalid:443/ HTTP/1.1\r\n")) << told()[0];
}

TEST_F(proxies_over_tls, tunnels_that_died_are_replaced_silently) {
  gate taken;
  scripted_server server({.tls = ca.issue({.dns_names = {std::string(endpoint_name)}})},
                         [&](peer& client) {
                           client.read_request();
                           client.answer(200, std::to_string(client.number()));
                           if (client.number() == 0) taken.wait();
                         });
  scripted_server via({.tls = ca.issue({.dns_names = {"localhost"}})}, leading_to(server));
  use(proxy_at(via.port(), true, false, "localhost"));
  expect_text(fetch(ask()), "0");
  taken.open();
  expect_text(fetch(ask()), "1");
}

TEST_F(proxies_over_tls, have_their_certificate_checked) {
  scripted_server via({.tls = ca.issue({.dns_names = {"other.example"}})}, leading_to(endpoint));
  use(proxy_at(via.port(), true, true, "localhost"));
  const auto got = fetch(ask());
  expect_error(got, error_kind::tls, "certificate of the proxy localhost:");
  expect_error(got, error_kind::tls, "it is for other.example, not for localhost");
  EXPECT_EQ(via.requests(), 0);
}

TEST_F(proxies_over_tls, are_told_from_those_that_are_not) {
  scripted_server plain([](peer& client) {
    client.answer(400, "what?");
    client.wait_for_close();
  });
  use(proxy_at(plain.port(), true));
  expect_error(fetch(ask()), error_kind::tls,
               "TLS handshake with the proxy 127.0.0.1:" + std::to_string(plain.port()) +
                   " (HTTPS_PROXY) failed: the server does not speak TLS on this port");
}

}  // namespace
}  // namespace lambda_cache::net
