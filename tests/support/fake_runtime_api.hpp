// The Lambda Runtime API on the loopback, with invocations that a test prepared.
#pragma once

#include "support/scripted_server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {

class fake_runtime_api {
 public:
  struct invocation {
    std::string payload = "{}";
    /// Each ended by CR LF; a request id is added if absent.
    std::string headers = {};
  };
  /// What the function posted.
  struct answer {
    std::string target;
    std::string head;
    std::string body;
  };
  struct options {
    /// Called when every invocation was handed out, before the connection closes.
    std::function<void(peer&)> when_done = {};
    /// Status and head of what the API says to an answer.
    int answer_status = 202;
    int next_status = 200;
    /// Closes each connection after the answer to "next": the function finds it dead.
    bool drops_connections = false;
  };

  explicit fake_runtime_api(std::vector<invocation> work) : fake_runtime_api(std::move(work), {}) {}
  fake_runtime_api(std::vector<invocation> work, options how)
      : work_(std::move(work)), how_(std::move(how)) {
    server_ = std::make_unique<scripted_server>([this](peer& client) { serve(client); });
  }

  /// For AWS_LAMBDA_RUNTIME_API.
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  [[nodiscard]] std::vector<answer> answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  [[nodiscard]] int asked_for_next() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  [[nodiscard]] int connections() const { return server_->connections(); }

 private:
  void serve(peer& client) {
    for (;;) {
      const std::string request = client.read_request();
      const bool is_next = request.starts_with("GET /2018-06-01/runtime/invocation/next ");
      if (is_next ? !hand_out(client) : !take(client, request)) return;
      if (is_next && how_.drops_connections) return;
    }
  }

  bool hand_out(peer& client) {
    std::unique_lock lock(mutex_);
    ++asked_;
    if (next_ == work_.size()) {
      lock.unlock();
      if (how_.when_done) how_.when_done(client);
      return false;
    }
    const invocation& event = work_[next_++];
    std::string headers = event.headers;
    if (headers.find("Lambda-Runtime-Aws-Request-Id") == std::string::npos)
      headers += "Lambda-Runtime-Aws-Request-Id: id-" + std::to_string(next_) + "\r\n";
    client.answer(how_.next_status, event.payload, headers);
    return true;
  }

  bool take(peer& client, const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    const auto first = request.find(' ') + 1;
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back({request.substr(first, request.find(' ', first) - first),
                          request.substr(0, end), request.substr(end + 4)});
    }
    client.answer(how_.answer_status, R"({"status":"OK"})");
    return true;
  }

  std::vector<invocation> work_;
  options how_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  int asked_ = 0;
  std::vector<answer> answers_;
  std::unique_ptr<scripted_server> server_;
};

}  // namespace lambda_cache::test
