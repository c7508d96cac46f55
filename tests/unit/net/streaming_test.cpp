// Answers whose body goes to a sink.
#include "client_fixture.hpp"

#include <atomic>
#include <optional>

namespace lambda_cache::net {
namespace {

class streaming_test : public client_test {};

/// Keeps what comes, and does what the test says.
class recording_sink final : public body_sink {
 public:
  core::result<bool> begin(const http_response& head) override {
    ++begun;
    status = head.status;
    length = std::string(head.find("content-length"));
    if (refuses_head) return core::fail(core::make_error(error_kind::rejected, "head refused"));
    return wants_body;
  }
  core::result<void> write(std::string_view bytes) override {
    if (content.size() + bytes.size() > most)
      return core::fail(core::make_error(error_kind::rejected, "enough"));
    largest = std::max(largest, bytes.size());
    content += bytes;
    received = content.size();
    return {};
  }
  bool wants_body = true;
  bool refuses_head = false;
  std::size_t most = static_cast<std::size_t>(-1);
  int begun = 0;
  int status = 0;
  std::string length;
  std::string content;
  std::size_t largest = 0;
  std::atomic<std::size_t> received{0};
};

std::string numbers(std::size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i)
    out += std::to_string(i) + ' ';
  out.resize(size);
  return out;
}

http_request streamed(http_request request, std::shared_ptr<body_sink> sink) {
  request.sink = std::move(sink);
  return request;
}

TEST_F(streaming_test, a_body_far_over_the_limit_goes_through) {
  const std::string body = numbers(20'000'000);
  scripted_server server([&](peer& client) {
    for (int i = 0; i < 2; ++i) {
      client.read_request();
      client.answer(200, body, "ETag: \"x\"\r\n");
    }
    client.wait_for_close();
  });
  for (int i = 0; i < 2; ++i) {
    const auto sink = std::make_shared<recording_sink>();
    const answer got = fetch(streamed(request_to(server), sink));
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->find("etag"), "\"x\"");
    EXPECT_TRUE(got->body.empty());
    EXPECT_EQ(sink->begun, 1);
    EXPECT_EQ(sink->length, "20000000");
    EXPECT_TRUE(sink->content == body);
    EXPECT_LE(sink->largest, 1024U * 1024);
  }
  EXPECT_EQ(server.connections(), 1) << "kept open";
}

TEST_F(streaming_test, chunks_and_bodies_that_end_with_the_connection) {
  scripted_server server([](peer& client) {
    const std::string request = client.read_request();
    if (client.number() == 0)
      client.send(
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n");
    else
      client.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdefg");
    if (client.number() == 0) client.wait_for_close();
  });
  for (int i = 0; i < 2; ++i) {
    const auto sink = std::make_shared<recording_sink>();
    const answer got = fetch(streamed(request_to(server), sink));
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(sink->begun, 1) << "interim answers are none";
    EXPECT_EQ(sink->content, "abcdefg");
    if (i == 0) loop.run([this] { http->drop_connections(); });
  }
}

TEST_F(streaming_test, a_refusals_body_stays_in_memory_and_bounded) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(404, "no such thing");
    client.read_request();
    client.answer(404, std::string(2 * 1024 * 1024, 'x'));
  });
  const auto sink = std::make_shared<recording_sink>();
  sink->wants_body = false;
  const answer got = fetch(streamed(request_to(server), sink));
  expect_text(got, "no such thing");
  EXPECT_TRUE(sink->content.empty());
  expect_error(fetch(streamed(request_to(server), sink)), error_kind::protocol,
               "its body is larger than the limit of 1048576 bytes");
}

TEST_F(streaming_test, chunks_without_end_are_bounded_in_memory) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;)
      client.send("a\r\n0123456789\r\n");
  });
  const auto sink = std::make_shared<recording_sink>();
  sink->wants_body = false;
  expect_error(fetch(streamed(request_to(server), sink)), error_kind::protocol,
               "its body is larger than the limit of 1048576 bytes");
}

TEST_F(streaming_test, answers_without_a_body) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n");
    client.read_request();
    client.answer(200, "");
    client.wait_for_close();
  });
  for (const int status : {304, 200}) {
    const auto sink = std::make_shared<recording_sink>();
    const answer got = fetch(streamed(request_to(server), sink));
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(got->status, status);
    EXPECT_EQ(sink->begun, 1);
    EXPECT_TRUE(sink->content.empty());
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(streaming_test, a_sinks_error_ends_the_call_and_the_connection) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000, 'x'));
    client.wait_for_close();
  });
  const auto sink = std::make_shared<recording_sink>();
  sink->most = 10;
  expect_error(fetch(streamed(request_to(server), sink)), error_kind::rejected, "enough");
  const auto other = std::make_shared<recording_sink>();
  other->refuses_head = true;
  expect_error(fetch(streamed(request_to(server), other)), error_kind::rejected, "head refused");
  EXPECT_EQ(loop.run([this] { return http->open_connections(); }), 0U);
}

TEST_F(streaming_test, a_body_that_is_cut_short_says_how_far_it_came) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(123, 'x'));
  });
  const auto sink = std::make_shared<recording_sink>();
  expect_error(fetch(streamed(request_to(server), sink)), error_kind::protocol,
               "cut its answer short, after 123 of 1000 body bytes");
  EXPECT_EQ(sink->content.size(), 123U);
}

TEST_F(streaming_test, an_answer_that_stands_still_is_given_up) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(123, 'x'));
    client.wait_for_close();
  });
  auto limits = patient();
  limits.idle_timeout = soon;
  const auto sink = std::make_shared<recording_sink>();
  expect_error(fetch(streamed(request_to(server), sink), in(never), limits), error_kind::timeout,
               "within the idle_timeout of 50 ms");
  EXPECT_EQ(sink->content.size(), 123U);
}

TEST_F(streaming_test, an_answer_that_moves_is_not) {
  // Every byte waits until the last one has come, so that idleness is looked for many times.
  constexpr std::size_t pieces = 20'000;
  const auto sink = std::make_shared<recording_sink>();
  scripted_server server([&](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(pieces) + "\r\n\r\n");
    for (std::size_t i = 0; i < pieces; ++i) {
      while (sink->received < i)
        std::this_thread::yield();
      client.send("x");
    }
    client.wait_for_close();
  });
  auto limits = patient();
  limits.idle_timeout = 4s;
  const answer got = fetch(streamed(request_to(server), sink), in(never), limits);
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(sink->content.size(), pieces);
}

TEST_F(streaming_test, the_deadline_holds_all_the_same) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;)
      client.send("1\r\nx\r\n");
  });
  auto limits = patient();
  limits.idle_timeout = never;
  limits.deadline_name = "deadline of the read";
  const auto sink = std::make_shared<recording_sink>();
  expect_error(fetch(streamed(request_to(server), sink), in(soon), limits), error_kind::timeout,
               "deadline of the read");
}

TEST_F(streaming_test, a_dead_pooled_connection_is_replaced_before_the_sink_begins) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.answer(200, "first");
    if (client.number() == 0) {
      client.read_request();
      return;
    }
    client.wait_for_close();
  });
  fetch(server);
  const auto sink = std::make_shared<recording_sink>();
  const answer got = fetch(streamed(request_to(server), sink));
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(sink->begun, 1);
  EXPECT_EQ(sink->content, "first");
}

}  // namespace
}  // namespace lambda_cache::net
