// A loop on a thread of its own and a client on it, for tests that talk to a scripted server.
#pragma once

#include "core/result.hpp"
#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace lambda_cache::net {

using namespace std::chrono_literals;
using test::gate;
using test::peer;
using test::scripted_server;
using answer = core::result<http_response>;

// Limits that are expected to end the wait, and limits that are not.
inline constexpr auto soon = 50ms;
inline constexpr auto never = 30s;

inline core::deadline in(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

inline std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

inline http_limits patient() {
  http_limits limits;
  limits.connect_timeout = never;
  return limits;
}

class running_loop {
 public:
  running_loop() : thread_([this] { loop_.run(); }) {}
  ~running_loop() { stop(); }
  io_loop& operator*() { return loop_; }

  /// Runs it on the loop, or here if the loop was stopped, and waits for its result.
  template <class Work>
  auto run(Work work) {
    if (!thread_.joinable()) return work();
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  io_loop loop_;
  std::thread thread_;
};

class client_test : public testing::Test {
 protected:
  ~client_test() override {
    if (http) loop.run([this] { http.reset(); });
  }

  void make_client(tls_settings tls = {}, pool_settings pool = {}, proxy_settings proxies = {}) {
    loop.run([&] {
      http = std::make_unique<http_client>(*loop, std::move(tls), pool, std::move(proxies));
    });
  }

  static http_request request_to(const scripted_server& server, std::string host = "127.0.0.1",
                                 bool tls = false) {
    http_request request;
    request.to = {tls, std::move(host), server.port()};
    return request;
  }

  /// Sends without waiting.
  std::future<answer> begin(http_request request, core::deadline deadline = in(never),
                            http_limits limits = patient(), http_client::call_id* id = nullptr) {
    if (!http) make_client();
    auto promise = std::make_shared<std::promise<answer>>();
    auto result = promise->get_future();
    loop.run([&] {
      const auto sent = http->send(std::move(request), limits, deadline,
                                   [promise](answer got) { promise->set_value(std::move(got)); });
      if (id != nullptr) *id = sent;
    });
    return result;
  }
  answer fetch(http_request request, core::deadline deadline = in(never),
               http_limits limits = patient()) {
    return begin(std::move(request), deadline, std::move(limits)).get();
  }
  answer fetch(const scripted_server& server) { return fetch(request_to(server)); }

  running_loop loop;
  std::unique_ptr<http_client> http;
};

inline void expect_error(const answer& got, error_kind kind, std::string_view part) {
  ASSERT_FALSE(got.has_value()) << "status " << got->status << ", expected: " << part;
  EXPECT_EQ(to_string(got.error().kind), to_string(kind)) << got.error().message;
  EXPECT_NE(got.error().message.find(part), std::string::npos)
      << "\"" << got.error().message << "\" lacks \"" << part << "\"";
}

inline void expect_text(const answer& got, std::string_view body) {
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(text(got->body), body);
}

}  // namespace lambda_cache::net
