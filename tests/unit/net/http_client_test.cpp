// Requests and answers over plain connections.
#include "net/request_text.hpp"
#include "unit/net/client_fixture.hpp"

namespace lambda_cache::net {
namespace {

struct http_client_answers : client_test {};
struct http_client_limits : client_test {};

TEST_F(http_client_answers, hands_on_status_headers_and_body) {
  std::string seen;
  scripted_server server([&](peer& client) {
    seen = client.read_request();
    client.answer(200, "{\"a\":1}", "x-amzn-RequestId: abc\r\n");
  });
  auto request = request_to(server);
  request.target = "/path?q=1";
  request.headers = {{"X-Amz-Target", "AmazonSSM.GetParameter"}};
  constexpr std::string_view body = "{\"Name\":\"/a\"}";
  request.body.assign(body.begin(), body.end());
  const auto got = fetch(std::move(request));
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(text(got->body), "{\"a\":1}");
  EXPECT_EQ(got->find("X-AMZN-REQUESTID"), "abc");
  EXPECT_EQ(got->find("absent"), "");
  EXPECT_EQ(seen, "POST /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nX-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: 13\r\n\r\n" +
                      std::string(body));
}

TEST_F(http_client_answers, passes_statuses_on_without_judging) {
  scripted_server server([](peer& client) {
    for (const int status : {301, 400, 404, 500, 503}) {
      client.read_request();
      client.answer(status, "text", "Location: http://127.0.0.1:1/\r\n");
    }
  });
  for (const int status : {301, 400, 404, 500, 503}) {
    const auto got = fetch(server);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, status);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(http_client_answers, joins_chunks) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n");
    client.send("2;extension=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
    client.read_request();
    client.answer(200, "next");
  });
  expect_text(fetch(server), "abcde");
  expect_text(fetch(server), "next");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(http_client_answers, skips_interim_answers) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    client.answer(200, "final");
  });
  const auto got = fetch(server);
  expect_text(got, "final");
  EXPECT_EQ(got->find("Link"), "");
}

TEST_F(http_client_answers, interim_answers_without_end_are_an_error) {
  scripted_server server([](peer& client) {
    client.read_request();
    for (;;)
      client.send("HTTP/1.1 100 Continue\r\n\r\n");
  });
  expect_error(fetch(server), error_kind::protocol, "interim");
}

TEST_F(http_client_answers, a_body_may_end_with_the_connection) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  expect_text(fetch(server), "until the end");
  expect_text(fetch(server), "until the end");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(http_client_answers, answers_may_come_byte_by_byte) {
  scripted_server server([](peer& client) {
    client.read_request();
    constexpr std::string_view whole =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbyte\r\n0\r\n\r\n";
    for (const char c : whole)
      client.send({&c, 1});
  });
  expect_text(fetch(server), "byte");
}

TEST_F(http_client_answers, answers_of_a_megabyte_arrive_whole) {
  std::string body(1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 4096)
    body[i] = static_cast<char>('a' + i % 23);
  scripted_server server([&](peer& client) {
    client.read_request();
    client.answer(200, body);
  });
  expect_text(fetch(server), body);
}

TEST_F(http_client_answers, requests_of_a_megabyte_leave_whole) {
  const std::string body(4 * 1024 * 1024, 'r');
  std::string seen;
  scripted_server server([&](peer& client) {
    seen = client.read_request();
    client.answer(200, "ok");
  });
  auto request = request_to(server);
  request.body.assign(body.begin(), body.end());
  expect_text(fetch(std::move(request)), "ok");
  EXPECT_TRUE(seen.ends_with(body));
}

TEST_F(http_client_answers, an_early_answer_counts_though_the_request_was_not_read) {
  gate answered;
  scripted_server server([&](peer& client) {
    client.answer(413, "too large", "Connection: close\r\n");
    answered.wait();
  });
  auto request = request_to(server);
  request.body.resize(16 * 1024 * 1024, 'r');
  auto got = begin(std::move(request));
  expect_text(got.get(), "too large");
  answered.open();
}

TEST_F(http_client_answers, garbage_is_a_protocol_error) {
  for (const std::string_view garbage :
       {"not http at all\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/3.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    scripted_server server([&](peer& client) {
      client.read_request();
      client.send(garbage);
      client.wait_for_close();
    });
    const auto got = fetch(server);
    expect_error(got, error_kind::protocol, "127.0.0.1:" + std::to_string(server.port()));
  }
}

TEST_F(http_client_answers, refuses_requests_that_would_break_the_form) {
  scripted_server server([](peer& client) { client.wait_for_close(); });
  auto request = request_to(server);
  request.headers = {{"X-Name", "value\r\nX-Injected: 1"}};
  expect_error(fetch(std::move(request)), error_kind::invalid_argument, "X-Name");
  request = request_to(server);
  request.headers = {{"X Name", "value"}};
  expect_error(fetch(std::move(request)), error_kind::invalid_argument, "header's name");
  request = request_to(server);
  request.target = "/a b";
  expect_error(fetch(std::move(request)), error_kind::invalid_argument, "target");
  request = request_to(server);
  request.method = "GET /";
  expect_error(fetch(std::move(request)), error_kind::invalid_argument, "method");
  EXPECT_EQ(server.connections(), 0);
}

// The server closes after N bytes of the answer, for every N.
TEST_F(http_client_answers, cut_anywhere_is_an_error_and_never_half_an_answer) {
  for (const std::string_view whole :
       {std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"),
        std::string_view(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")}) {
    std::atomic<std::size_t> cut = 0;
    scripted_server server([&](peer& client) {
      client.read_request();
      client.send(whole.substr(0, cut));
    });
    for (; cut < whole.size(); ++cut) {
      const auto got = fetch(server);
      ASSERT_FALSE(got.has_value()) << "cut after " << cut << " bytes";
      EXPECT_EQ(to_string(got.error().kind),
                to_string(cut == 0 ? error_kind::connection : error_kind::protocol))
          << cut << ": " << got.error().message;
      EXPECT_TRUE(got.error().retryable);
    }
    expect_text(fetch(server), "body");
    EXPECT_EQ(server.connections(), static_cast<int>(whole.size()) + 1);
  }
}

TEST_F(http_client_answers, reset_anywhere_is_an_error) {
  constexpr std::string_view whole = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
  std::atomic<std::size_t> cut = 0;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.send(whole.substr(0, cut));
    client.reset();
  });
  for (; cut < whole.size(); ++cut) {
    const auto got = fetch(server);
    ASSERT_FALSE(got.has_value()) << "reset after " << cut << " bytes";
    EXPECT_TRUE(got.error().retryable) << got.error().message;
  }
}

TEST_F(http_client_answers, a_refused_connection_names_host_and_port) {
  std::uint16_t port = 0;
  {
    scripted_server gone([](peer&) {});
    port = gone.port();
  }
  http_request request;
  request.to = {false, "127.0.0.1", port};
  expect_error(fetch(std::move(request)), error_kind::connection,
               "127.0.0.1:" + std::to_string(port) + ": Connection refused");
  EXPECT_EQ(http->open_connections(), 0U);
}

TEST_F(http_client_answers, an_unknown_host_is_named) {
  http_request request;
  request.to = {false, "no-such-host.invalid", 80};
  expect_error(fetch(std::move(request)), error_kind::connection, "no-such-host.invalid");
}

TEST_F(http_client_answers, names_are_looked_up) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "found");
  });
  // Spelled so that the system's resolver is asked.
  expect_text(fetch(request_to(server, "LOCALHOST")), "found");
}

TEST_F(http_client_answers, a_reset_under_a_large_request_is_an_error_and_no_signal) {
  scripted_server server([](peer& client) { client.reset(); });
  for (int i = 0; i < 20; ++i) {
    auto request = request_to(server);
    request.body.resize(1024 * 1024, 'r');
    expect_error(fetch(std::move(request)), error_kind::connection, "127.0.0.1");
  }
}

TEST_F(http_client_answers, localhost_reaches_whichever_address_listens) {
  for (const auto* address : {"127.0.0.1", "::1"}) {
    scripted_server server({.address = address}, [](peer& client) {
      client.read_request();
      client.answer(200, "here");
    });
    expect_text(fetch(request_to(server, "localhost")), "here");
  }
}

TEST_F(http_client_answers, an_ipv6_address_goes_into_brackets) {
  std::string seen;
  scripted_server server({.address = "::1"}, [&](peer& client) {
    seen = client.read_request();
    client.answer(200, "six");
  });
  expect_text(fetch(request_to(server, "::1")), "six");
  EXPECT_NE(seen.find("Host: [::1]:" + std::to_string(server.port()) + "\r\n"), std::string::npos);
}

TEST_F(http_client_answers, many_requests_at_once_do_not_mix) {
  scripted_server server([](peer& client) {
    for (;;) {
      const auto seen = client.read_request();
      client.answer(200, seen.substr(seen.find("\r\n\r\n") + 4));
    }
  });
  std::vector<std::future<answer>> answers;
  for (int i = 0; i < 200; ++i) {
    auto request = request_to(server);
    const auto body = std::to_string(i);
    request.body.assign(body.begin(), body.end());
    answers.push_back(begin(std::move(request)));
  }
  for (int i = 0; i < 200; ++i) {
    expect_text(answers[static_cast<std::size_t>(i)].get(), std::to_string(i));
  }
}

TEST(request_text, wipes_what_it_copied_from_the_headers) {
  http_request request;
  request.to = {true, "host.example", 443};
  request.headers = {{"Authorization", "secret-1"},
                     {"X-Amz-Security-Token", std::string(100, 's')}};
  const auto wire = write_request(request);
  ASSERT_TRUE(wire.has_value());
  EXPECT_EQ(text(*wire),
            "POST / HTTP/1.1\r\nHost: host.example\r\nAuthorization: secret-1\r\n"
            "X-Amz-Security-Token: " +
                std::string(100, 's') + "\r\nContent-Length: 0\r\n\r\n");
  for (const auto& one : request.headers)
    EXPECT_EQ(one.value.find_first_not_of('\0'), std::string::npos);
}

TEST(request_text, keeps_host_and_length_that_were_given) {
  http_request request;
  request.method = "GET";
  request.to = {false, "::1", 80};
  EXPECT_EQ(text(*write_request(request)), "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  request.headers = {{"HOST", "signed.example"}, {"content-length", "0"}};
  EXPECT_EQ(text(*write_request(request)),
            "GET / HTTP/1.1\r\nHOST: signed.example\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(http_client_limits, endless_headers_are_an_error) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n");
    for (;;)
      client.send("X-Header: value\r\n");
  });
  expect_error(fetch(server), error_kind::protocol, "headers are larger than the limit of 16384");
}

TEST_F(http_client_limits, an_endless_header_line_is_an_error) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nX: ");
    for (;;)
      client.send(std::string(1000, 'x'));
  });
  expect_error(fetch(server), error_kind::protocol, "headers are larger");
}

TEST_F(http_client_limits, an_endless_chunk_header_is_an_error) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
    for (;;)
      client.send(std::string(1000, 'x'));
  });
  expect_error(fetch(server), error_kind::protocol, "larger than the limit");
}

TEST_F(http_client_limits, the_header_limit_holds_for_headers_that_come_at_once) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nX-Long: " + std::string(1000, 'x') + "\r\nContent-Length: 2\r\n\r\nok";
  scripted_server server([&](peer& client) {
    for (;;) {
      client.read_request();
      client.send(whole);
    }
  });
  auto limits = patient();
  limits.max_header_bytes = 2000;
  expect_text(fetch(request_to(server), in(never), limits), "ok");
  limits.max_header_bytes = 1000;
  expect_error(fetch(request_to(server), in(never), limits), error_kind::protocol,
               "headers are larger than the limit of 1000");
}

TEST_F(http_client_limits, an_announced_body_over_the_limit_is_refused_unread) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    client.wait_for_close();
  });
  expect_error(fetch(server), error_kind::protocol, "body is larger than the limit of 1048576");
}

TEST_F(http_client_limits, bodies_are_counted_while_they_come) {
  auto limits = patient();
  limits.max_body_bytes = 10;
  for (const std::string_view start :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    scripted_server server([&](peer& client) {
      client.read_request();
      client.send(start);
      for (;;)
        client.send("4\r\nbody\r\n");
    });
    expect_error(fetch(request_to(server), in(never), limits), error_kind::protocol,
                 "body is larger than the limit of 10 bytes");
  }
}

TEST_F(http_client_limits, a_body_of_exactly_the_limit_is_taken) {
  auto limits = patient();
  limits.max_body_bytes = 4;
  std::atomic<int> size = 4;
  scripted_server server([&](peer& client) {
    client.read_request();
    client.answer(200, std::string(static_cast<std::size_t>(size), 'b'));
  });
  expect_text(fetch(request_to(server), in(never), limits), "bbbb");
  size = 5;
  expect_error(fetch(request_to(server), in(never), limits), error_kind::protocol, "limit of 4");
}

}  // namespace
}  // namespace lambda_cache::net
