// The Lambda Extensions API on the loopback, with events that a test prepared.
#pragma once

#include "support/scripted_server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::test {

class fake_extensions_api {
 public:
  static constexpr const char* identifier = "5b1c1a4e-0a2e-4a5e-9d5c-2f9d7f1f6c11";

  struct options {
    /// Called before each answer, with what was asked for: "register", "event/next", ...
    std::function<void(peer&, const std::string& what)> before = {};
    int register_status = 200;
    std::string register_body = R"({"functionName":"f","functionVersion":"1","handler":"h"})";
    std::string register_headers =
        std::string("Lambda-Extension-Identifier: ") + identifier + "\r\n";
  };

  /// After the last event the connection closes.
  explicit fake_extensions_api(std::vector<std::string> events)
      : fake_extensions_api(std::move(events), options()) {}
  fake_extensions_api(std::vector<std::string> events, options how)
      : events_(std::move(events)), how_(std::move(how)) {
    server_ = std::make_unique<scripted_server>([this](peer& client) { serve(client); });
  }

  /// For AWS_LAMBDA_RUNTIME_API.
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(server_->port());
  }
  /// Whole requests, in order.
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve(peer& client) {
    for (;;) {
      const std::string request = client.read_request();
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string prefix = " /2020-01-01/extension/";
      const auto begin = request.find(prefix) + prefix.size();
      const std::string what = request.substr(begin, request.find(' ', begin) - begin);
      if (how_.before) how_.before(client, what);
      if (what == "register") {
        client.answer(how_.register_status, how_.register_body, how_.register_headers);
      } else if (what == "event/next") {
        if (next_ == events_.size()) return;
        client.answer(200, events_[next_++]);
      } else {
        client.answer(202, R"({"status":"OK"})");
      }
    }
  }

  const std::vector<std::string> events_;
  const options how_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;  // of the one connection at a time
  std::unique_ptr<scripted_server> server_;
};

}  // namespace lambda_cache::test
