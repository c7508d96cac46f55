// Whose certificates are believed, and what the errors say.
#include "net/amazon_roots.hpp"
#include "net/resolver.hpp"
#include "net/tls_trust.hpp"
#include "unit/net/client_fixture.hpp"

namespace lambda_cache::net {
namespace {

using test::identity;
using test::temporary_file;
using test::test_ca;

void answer_forever(peer& client) {
  for (;;) {
    client.read_request();
    client.answer(200, client.resumed() ? "resumed" : "full");
  }
}

struct tls_verification : client_test {
  test_ca ca;
  temporary_file bundle{ca.certificate()};

  void trust_ca() { make_client({.ca_bundle = bundle.path()}); }
  static http_request secure(const scripted_server& server, const std::string& host = "localhost") {
    return request_to(server, host, true);
  }
  static std::string where(const scripted_server& server, const std::string& host = "localhost") {
    return host + ":" + std::to_string(server.port());
  }
};

TEST_F(tls_verification, a_certificate_of_the_bundles_ca_is_accepted) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, answer_forever);
  trust_ca();
  expect_text(fetch(secure(server)), "full");
  expect_text(fetch(secure(server)), "full");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(tls_verification, an_unknown_ca_is_refused_and_the_error_says_what_to_do) {
  const test_ca stranger("Somebody else");
  scripted_server server({.tls = stranger.issue({.dns_names = {"localhost"}})}, answer_forever);
  trust_ca();
  const auto got = fetch(secure(server));
  expect_error(got, error_kind::tls, "certificate of " + where(server) + " refused: unable to get");
  expect_error(got, error_kind::tls, "(unknown CA)");
  expect_error(got, error_kind::tls, "set AWS_CA_BUNDLE to your CA's PEM file");
  EXPECT_FALSE(got.error().retryable);
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(tls_verification, a_ca_of_the_same_name_with_another_key_is_unknown) {
  const test_ca twin("Test CA");
  scripted_server server({.tls = twin.issue({.dns_names = {"localhost"}})}, answer_forever);
  trust_ca();
  EXPECT_FALSE(fetch(secure(server)).has_value());
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(tls_verification, of_two_cas_with_one_name_the_right_one_is_found) {
  const test_ca twin("Test CA");
  const temporary_file both(ca.certificate() + twin.certificate());
  make_client({.ca_bundle = both.path()});
  for (const test_ca* issuer : {&std::as_const(ca), &twin}) {
    scripted_server server({.tls = issuer->issue({.dns_names = {"localhost"}})}, answer_forever);
    expect_text(fetch(secure(server)), "full");
  }
}

TEST_F(tls_verification, an_expired_certificate_is_refused) {
  scripted_server server(
      {.tls = ca.issue({.dns_names = {"localhost"}, .valid_from = -600, .valid_until = -60})},
      answer_forever);
  trust_ca();
  const auto got = fetch(secure(server));
  expect_error(got, error_kind::tls, "certificate of " + where(server) + " refused: it");
  expect_error(got, error_kind::tls, "has expired");
}

TEST_F(tls_verification, a_certificate_of_the_future_is_refused) {
  scripted_server server(
      {.tls = ca.issue({.dns_names = {"localhost"}, .valid_from = 600, .valid_until = 1200})},
      answer_forever);
  trust_ca();
  expect_error(fetch(secure(server)), error_kind::tls, "not valid yet. Check this machine's clock");
}

TEST_F(tls_verification, a_wrong_host_name_is_refused_and_the_right_ones_named) {
  scripted_server server(
      {.tls = ca.issue({.dns_names = {"one.example", "two.example"}, .addresses = {"192.0.2.1"}})},
      answer_forever);
  trust_ca();
  const auto got = fetch(secure(server));
  expect_error(got, error_kind::tls, "host name mismatch");
  expect_error(got, error_kind::tls,
               "it is for one.example, two.example, 192.0.2.1, not for localhost");
}

TEST_F(tls_verification, addresses_are_checked_against_addresses) {
  trust_ca();
  scripted_server by_name({.tls = ca.issue({.dns_names = {"127.0.0.1", "localhost"}})},
                          answer_forever);
  expect_error(fetch(secure(by_name, "127.0.0.1")), error_kind::tls, "not for 127.0.0.1");
  scripted_server by_address({.tls = ca.issue({.addresses = {"127.0.0.1"}})}, answer_forever);
  expect_text(fetch(secure(by_address, "127.0.0.1")), "full");
  expect_error(fetch(secure(by_address, "localhost")), error_kind::tls, "not for localhost");
  scripted_server six({.address = "::1", .tls = ca.issue({.addresses = {"::1"}})}, answer_forever);
  expect_text(fetch(secure(six, "::1")), "full");
}

TEST_F(tls_verification, a_certificate_without_names_is_refused) {
  scripted_server server({.tls = ca.issue({})}, answer_forever);
  trust_ca();
  expect_error(fetch(secure(server)), error_kind::tls, "it is for no host name at all");
}

TEST_F(tls_verification, a_server_without_tls_is_named_as_that) {
  scripted_server server([](peer& client) {
    client.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    client.wait_for_close();
  });
  trust_ca();
  const auto got = fetch(secure(server));
  expect_error(got, error_kind::tls, "TLS handshake with " + where(server) + " failed");
  expect_error(got, error_kind::tls, "does not speak TLS");
}

TEST_F(tls_verification, a_connection_lost_in_the_handshake_is_a_connection_error) {
  scripted_server closing([](peer&) {});
  scripted_server resetting([](peer& client) { client.reset(); });
  trust_ca();
  for (const auto* server : {&closing, &resetting}) {
    const auto got = fetch(secure(*server));
    expect_error(got, error_kind::connection, where(*server));
    EXPECT_TRUE(got.error().retryable);
  }
}

TEST_F(tls_verification, a_bundle_that_cannot_be_used_is_named) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, answer_forever);
  const temporary_file empty("");
  const temporary_file text("no certificate in here\n");
  const temporary_file broken("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const temporary_file cut(ca.certificate().substr(0, ca.certificate().size() / 2));
  for (const auto& path : {std::string("/nonexistent/ca.pem"), std::string("/tmp"), empty.path(),
                           text.path(), broken.path(), cut.path()}) {
    make_client({.ca_bundle = path});
    const auto got = fetch(secure(server));
    expect_error(got, error_kind::tls, "AWS_CA_BUNDLE");
    expect_error(got, error_kind::tls, path);
  }
  EXPECT_EQ(server.requests(), 0);
  expect_error(fetch(secure(server)), error_kind::tls, "AWS_CA_BUNDLE");
}

TEST_F(tls_verification, a_bundle_that_appears_later_is_used) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, answer_forever);
  const auto path = bundle.path() + ".later";
  make_client({.ca_bundle = path});
  EXPECT_FALSE(fetch(secure(server)).has_value());
  ASSERT_EQ(std::rename(bundle.path().c_str(), path.c_str()), 0);
  expect_text(fetch(secure(server)), "full");
  std::rename(path.c_str(), bundle.path().c_str());
}

TEST_F(tls_verification, the_systems_store_serves_other_hosts) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, answer_forever);
  make_client({.system_bundle = bundle.path()});
  expect_text(fetch(secure(server)), "full");
  make_client({.system_bundle = "/nonexistent/store.pem"});
  expect_error(fetch(secure(server)), error_kind::tls, "SSL_CERT_FILE");
}

TEST_F(tls_verification, a_new_connection_resumes_the_session) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, [](peer& client) {
    client.read_request();
    client.answer(200, client.resumed() ? "resumed" : "full", "Connection: close\r\n");
  });
  trust_ca();
  expect_text(fetch(secure(server)), "full");
  expect_text(fetch(secure(server)), "resumed");
  expect_text(fetch(secure(server)), "resumed");
  loop.run([this] { http->drop_connections(); });
  expect_text(fetch(secure(server)), "full");
}

// The server closes after N bytes of the answer, for every N, without ending TLS.
TEST_F(tls_verification, cut_anywhere_is_an_error) {
  for (const std::string_view whole :
       {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 200 OK\r\n\r\nbody"}) {
    const bool by_length = whole.find("Length") != std::string_view::npos;
    std::atomic<std::size_t> cut = 0;
    scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, [&](peer& client) {
      client.read_request();
      if (cut > 0) client.send(whole.substr(0, cut));
    });
    trust_ca();
    for (; cut < whole.size(); ++cut) {
      const auto got = fetch(secure(server));
      ASSERT_FALSE(got.has_value()) << "cut after " << cut << " bytes";
      EXPECT_TRUE(got.error().retryable) << got.error().message;
    }
    const auto got = fetch(secure(server));
    EXPECT_EQ(got.has_value(),
              by_length);  // anybody can cut a connection, only the server ends TLS
  }
}

TEST_F(tls_verification, a_body_may_end_with_the_tls_stream) {
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, [](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n\r\nwhole");
    client.end_tls();
  });
  trust_ca();
  expect_text(fetch(secure(server)), "whole");
}

TEST_F(tls_verification, large_bodies_pass_in_both_directions) {
  const std::string body(1024 * 1024, 'b');
  std::string seen;
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, [&](peer& client) {
    seen = client.read_request();
    client.answer(200, body);
  });
  trust_ca();
  auto request = secure(server);
  request.body.assign(body.begin(), body.end());
  expect_text(fetch(std::move(request)), body);
  EXPECT_TRUE(seen.ends_with(body));
}

TEST_F(tls_verification, a_connection_closed_while_idle_is_replaced_silently) {
  gate taken;
  scripted_server server({.tls = ca.issue({.dns_names = {"localhost"}})}, [&](peer& client) {
    client.read_request();
    client.answer(200, std::to_string(client.number()));
    if (client.number() == 0) {
      taken.wait();
      client.end_tls();
    } else {
      client.wait_for_close();
    }
  });
  trust_ca();
  expect_text(fetch(secure(server)), "0");
  taken.open();
  expect_text(fetch(secure(server)), "1");
}

struct aws_hosts : tls_verification {
  static constexpr auto name = "ssm.eu-west-1.amazonaws.com";
  static void SetUpTestSuite() { pin_host(name, "127.0.0.1"); }
};

// An endpoint inside a company's network, or behind a proxy that breaks TLS open.
TEST_F(aws_hosts, the_systems_store_is_asked_when_the_amazon_roots_do_not_know_the_issuer) {
  scripted_server server({.tls = ca.issue({.dns_names = {name}})}, [](peer& client) {
    client.read_request();
    client.answer(200, client.resumed() ? "resumed" : "full", "Connection: close\r\n");
  });
  make_client({.system_bundle = bundle.path()});
  expect_text(fetch(secure(server, name)), "full");
  EXPECT_EQ(server.connections(), 2);
  expect_text(fetch(secure(server, name)), "resumed");
  EXPECT_EQ(server.connections(), 3);  // the detour is made once
}

TEST_F(aws_hosts, an_issuer_that_neither_knows_is_refused) {
  const test_ca stranger("Somebody else");
  scripted_server server({.tls = stranger.issue({.dns_names = {name}})}, answer_forever);
  make_client({.system_bundle = bundle.path()});
  expect_error(fetch(secure(server, name)), error_kind::tls, "unknown CA");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(aws_hosts, without_a_systems_store_the_first_refusal_stands) {
  scripted_server server({.tls = ca.issue({.dns_names = {name}})}, answer_forever);
  make_client({.system_bundle = "/nonexistent/store.pem"});
  expect_error(fetch(secure(server, name)), error_kind::tls, "unknown CA");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(aws_hosts, other_refusals_are_not_tried_again) {
  scripted_server server({.tls = ca.issue({.dns_names = {"other.example"}})}, answer_forever);
  make_client({.ca_bundle = bundle.path()});
  expect_error(fetch(secure(server, name)), error_kind::tls, "host name mismatch");
  EXPECT_EQ(server.connections(), 1);
}

TEST(certificates, each_amazon_root_is_found) {
  const certificate_set roots(amazon_roots_pem);
  EXPECT_FALSE(roots.empty());
  EXPECT_TRUE(tls_trust(tls_settings{}).context(trust_anchors::amazon_roots).has_value());
}

TEST(certificates, cut_anywhere_the_text_does_no_harm) {
  const test_ca ca;
  const auto& pem = ca.certificate();
  for (std::size_t size = 0; size < pem.size(); ++size) {
    const certificate_set whole(pem.substr(0, size));
  }
  auto damaged = pem;
  for (std::size_t at = 28; at + 30 < damaged.size(); ++at) {
    const char before = std::exchange(damaged[at], 'A');
    const certificate_set part(damaged);
    damaged[at] = before;
  }
}

TEST(trust_choice, aws_hosts_are_known_by_their_suffixes) {
  for (const auto* host :
       {"ssm.eu-west-1.amazonaws.com", "SSM.EU-WEST-1.AMAZONAWS.COM", "ssm.eu-west-1.api.aws",
        "ssm.cn-north-1.amazonaws.com.cn", "ssm.us-iso-east-1.c2s.ic.gov", "a.amazonaws.com."}) {
    EXPECT_TRUE(is_aws_host(host)) << host;
  }
  for (const auto* host : {"amazonaws.com", "notamazonaws.com", "amazonaws.com.evil.example",
                           "localhost", "127.0.0.1", ""}) {
    EXPECT_FALSE(is_aws_host(host)) << host;
  }
}

TEST(trust_choice, a_bundle_replaces_everything) {
  const tls_trust bundled({.ca_bundle = "/ca.pem"});
  EXPECT_EQ(bundled.first_for("ssm.eu-west-1.amazonaws.com"), trust_anchors::ca_bundle);
  EXPECT_EQ(bundled.first_for("localhost"), trust_anchors::ca_bundle);
  const tls_trust plain(tls_settings{});
  EXPECT_EQ(plain.first_for("ssm.eu-west-1.amazonaws.com"), trust_anchors::amazon_roots);
  EXPECT_EQ(plain.first_for("localhost"), trust_anchors::system_store);
}

}  // namespace
}  // namespace lambda_cache::net
