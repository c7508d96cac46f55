// Connections as clients make them, good ones and bad ones. Nothing here waits for time to pass.
#include "core/secret_memory.hpp"
#include "unit/agent/agent_fixture.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace lambda_cache::agent {
namespace {

using namespace std::chrono_literals;
using test_support::local_answer;
using test_support::local_client;

class connections_test : public agent_fixture {
 protected:
  void SetUp() override { cloud_.put_secret("db", "s3cret"); }

  local_client connect() { return local_client(served_->port()); }
  static std::string request(const std::string& target = "/v1/db",
                             const std::string& headers = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + token + headers + "\r\n";
  }
  /// What a connection answers to these bytes, and whether it ends behind that.
  struct ended_answer {
    local_answer answer;
    bool is_ended = false;
  };
  ended_answer tell(const std::string& bytes) {
    local_client client(served_->port());
    client.send(bytes);
    ended_answer got;
    got.answer = client.receive();
    if (got.answer.headers["connection"] == "close") got.is_ended = client.is_ended();
    return got;
  }
};

TEST_F(connections_test, a_thousand_requests_at_once) {
  start();
  local_client client(served_->port());
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    cloud_.put_parameter("/p" + std::to_string(i % 50), "v" + std::to_string(i % 50));
    all += request("/systemsmanager/parameters/get?name=/p" + std::to_string(i % 50));
  }
  client.send(all);
  for (int i = 0; i < 1000; ++i)
    ASSERT_NE(client.receive().body.find("\"v" + std::to_string(i % 50) + "\""), std::string::npos)
        << i;
}

TEST_F(connections_test, byte_by_byte) {
  start();
  local_client client(served_->port());
  for (const char c : request())
    client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.receive().status, 200);
  client.send(request());
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(connections_test, http_1_0) {
  start();
  const auto once = tell("GET /v1/db HTTP/1.0\r\n" + std::string(token) + "\r\n");
  EXPECT_EQ(once.answer.status, 200);
  EXPECT_TRUE(once.is_ended);
  local_client client(served_->port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /v1/db HTTP/1.0\r\nConnection: keep-alive\r\n" + std::string(token) + "\r\n");
    EXPECT_EQ(client.receive().headers["connection"], "keep-alive");
  }
}

TEST_F(connections_test, what_is_too_long_is_refused_and_ends) {
  start({.max_header_bytes = 4096});
  for (const std::string& bytes : {request("/v1/" + std::string(5000, 'a')),
                                   request("/v1/db", "X: " + std::string(5000, 'a') + "\r\n"),
                                   "GET /" + std::string(100'000, 'a'), request("/v1/db", [] {
                                     std::string many;
                                     for (int i = 0; i < 1000; ++i)
                                       many += "A: b\r\n";
                                     return many;
                                   }())}) {
    const auto got = tell(bytes);
    EXPECT_EQ(got.answer.status, 431);
    EXPECT_TRUE(got.is_ended);
  }
  EXPECT_EQ(tell(request("/v1/" + std::string(3500, 'a'))).answer.status, 400);
}

TEST_F(connections_test, what_is_no_http_is_refused_and_ends) {
  start();
  for (const char* bytes :
       {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET  /ping HTTP/1.1\r\n\r\n",
        "GET /ping HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /ping HTTP/1.1\nHost: localhost\n\n", "GET /ping HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /pi\x01ng HTTP/1.1\r\n\r\n",
        "GET /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and more of TLS\r\n\r\n"}) {
    const auto got = tell(bytes);
    EXPECT_EQ(got.answer.status, 400) << bytes;
    EXPECT_EQ(got.answer.body, "Bad Request") << bytes;
    EXPECT_TRUE(got.is_ended) << bytes;
  }
}

// What stands behind a body that nobody reads must not be taken for a request.
TEST_F(connections_test, nothing_is_smuggled_in_a_body) {
  start();
  const std::string inner = request("/v1/db");
  for (const std::string& headers : {"Content-Length: " + std::to_string(inner.size()) + "\r\n",
                                     std::string("Transfer-Encoding: chunked\r\n"),
                                     std::string("Transfer-Encoding: gzip, chunked\r\n"),
                                     std::string("Transfer-Encoding: identity\r\n")}) {
    local_client client(served_->port());
    client.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + inner);
    const auto first = client.receive();
    EXPECT_TRUE(first.status == 200 || first.status == 400) << headers;
    EXPECT_EQ(first.headers.at("connection"), "close") << headers;
    EXPECT_TRUE(client.is_ended()) << headers;
  }
  EXPECT_EQ(cloud_.call_count(), 0U);
}

TEST_F(connections_test, a_long_body_does_not_cost_the_answer) {
  start();
  const std::string body(300'000, 'x');
  const auto got = tell("POST /v1/db HTTP/1.1\r\nHost: localhost\r\n" + std::string(token) +
                        "Content-Length: 300000\r\n\r\n" + body);
  EXPECT_EQ(got.answer.status, 405);
  EXPECT_EQ(got.answer.body, "Not allowed");
  EXPECT_TRUE(got.is_ended);
}

TEST_F(connections_test, other_methods) {
  start();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    const std::string all = std::string(method) + " /v1/db HTTP/1.1\r\nHost: localhost\r\n";
    const auto got = tell(all + token + "\r\n").answer;
    EXPECT_EQ(got.status, 405) << method;
    EXPECT_EQ(got.headers.at("allow"), "GET");
    EXPECT_EQ(tell(all + "\r\n").answer.status, 403) << method;
  }
  EXPECT_EQ(tell("POST /ping HTTP/1.1\r\nHost: localhost\r\n\r\n").answer.status, 405);
}

TEST_F(connections_test, head_has_no_body) {
  start();
  local_client client(served_->port());
  client.send("HEAD /v1/db HTTP/1.1\r\nHost: localhost\r\n" + std::string(token) + "\r\n" +
              request());
  const std::string head = client.receive_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 405 ")) << head;
  EXPECT_EQ(client.receive().status, 200);  // what comes next is the next answer
}

TEST_F(connections_test, absolute_targets_are_those_of_this_machine) {
  start();
  EXPECT_EQ(tell(request("http://localhost:2773/v1/db")).answer.status, 200);
  EXPECT_EQ(tell(request("http://evil.example/v1/db")).answer.status, 400);
  EXPECT_EQ(tell(request("//localhost/v1/db")).answer.status, 404);
}

TEST_F(connections_test, too_many_are_told_so_and_pings_have_two_places_more) {
  start({.max_connections = 2});
  std::vector<std::unique_ptr<local_client>> open;
  for (int i = 0; i < 4; ++i) {
    open.push_back(std::make_unique<local_client>(served_->port()));
    EXPECT_EQ(open.back()->get("/ping").status, 200) << i;
  }
  local_client beyond(served_->port());
  const auto refused = beyond.get("/ping");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, "Connection limit exceeded");
  EXPECT_TRUE(beyond.is_ended());
  EXPECT_EQ(open[0]->get("/v1/db", token).status, 200);
  EXPECT_EQ(open[1]->get("/v1/db", token).status, 200);
  EXPECT_EQ(open[2]->get("/v1/db", token).status, 429);
  EXPECT_TRUE(open[2]->is_ended());
  EXPECT_EQ(open[3]->get("/ping").status, 200);
  // A place that became free is taken by who is there already.
  open[0]->finish();
  EXPECT_TRUE(open[0]->is_ended());
  EXPECT_EQ(open[3]->get("/v1/db", token).status, 200);
}

TEST_F(connections_test, the_limit_is_told_also_to_those_who_asked_already) {
  start({.max_connections = 0});
  std::vector<std::unique_ptr<local_client>> open;
  for (int i = 0; i < 2; ++i) {
    open.push_back(std::make_unique<local_client>(served_->port()));
    EXPECT_EQ(open.back()->get("/ping").status, 200);
  }
  for (int i = 0; i < 20; ++i) {
    local_client client(served_->port());
    client.send(request("/v1/db", "X: " + std::string(8000, 'x') + "\r\n"));
    EXPECT_EQ(client.receive().status, 429);
    EXPECT_TRUE(client.is_ended());
  }
}

TEST_F(connections_test, who_says_nothing_is_let_go) {
  start({.idle_timeout = core::millisecond});
  local_client silent(served_->port());
  EXPECT_TRUE(silent.is_ended());
  local_client halfway(served_->port());
  halfway.send("GET /ping HTTP/1.1\r\nHo");
  EXPECT_TRUE(halfway.is_ended());
}

TEST_F(connections_test, who_waits_for_aws_is_not_idle) {
  cloud_.hang("db");
  start({.idle_timeout = core::millisecond});
  local_client client(served_->port());
  client.send(request());
  ASSERT_TRUE(cloud_.wait_for_calls(1, "db"));
  // The sweep that ends this one leaves the other alone.
  local_client silent(served_->port());
  EXPECT_TRUE(silent.is_ended());
  cloud_.release("db");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(connections_test, who_left_while_it_was_fetched_leaves_the_value_to_others) {
  cloud_.hang("db");
  start();
  {
    local_client client(served_->port());
    client.send(request() + request());
    ASSERT_TRUE(cloud_.wait_for_calls(1, "db"));
  }
  cloud_.release("db");
  EXPECT_EQ(get("/v1/db").status, 200);
  EXPECT_EQ(cloud_.call_count("db"), 1U);
}

TEST_F(connections_test, an_end_with_time_lets_requests_end) {
  cloud_.hang("db");
  start();
  local_client busy(served_->port());
  local_client idle(served_->port());
  EXPECT_EQ(idle.get("/ping").status, 200);
  busy.send(request() + request());
  ASSERT_TRUE(cloud_.wait_for_calls(1, "db"));
  std::thread stopping([&] { served_->stop(60s); });
  EXPECT_TRUE(idle.is_ended());
  cloud_.release("db");
  const auto answer = busy.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(busy.is_ended());
  stopping.join();
}

TEST_F(connections_test, an_end_without_time_does_not) {
  cloud_.hang("db");
  start();
  local_client busy(served_->port());
  busy.send(request());
  ASSERT_TRUE(cloud_.wait_for_calls(1, "db"));
  served_->stop(0ms);
  EXPECT_TRUE(busy.is_ended());
  cloud_.release("db");
}

TEST_F(connections_test, every_request_gets_its_answer_whenever_it_settles) {
  start({.mode = compatibility::extension});
  // Every one is fetched: the value arrives while, before and after the connection begins to wait.
  local_client client(served_->port());
  for (int i = 0; i < 2000; ++i) {
    client.send(request("/secretsmanager/get?secretId=db&refreshNow=1"));
    ASSERT_EQ(client.receive().status, 200) << i;
  }
}

TEST_F(connections_test, requests_are_read_into_memory_that_is_wiped) {
  start();
  local_client client(served_->port());
  EXPECT_EQ(client.get("/ping").status, 200);
  const std::size_t before = core::secret_bytes_in_use();
  client.send("GET /" + std::string(10'000, 'a'));
  // Read piece by piece, between the answers to these.
  local_client other(served_->port());
  for (int i = 0; i < 10'000 && core::secret_bytes_in_use() <= before + 5'000; ++i)
    ASSERT_EQ(other.get("/ping").status, 200);
  EXPECT_GT(core::secret_bytes_in_use(), before + 5'000);
}

}  // namespace
}  // namespace lambda_cache::agent
