// An HTTP endpoint whose answers a test decides request by request: STS, SSO, instance metadata.
#pragma once

#include "support/scripted_server.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::test {

class fake_endpoint {
 public:
  struct reply {
    int status = 200;
    std::string body;
    std::string headers = {};  // more of them, each with its line break
  };
  using answerer = std::function<reply(const std::string& request)>;

  explicit fake_endpoint(answerer answer = {}) : answer_(std::move(answer)) {}

  void answer_with(answerer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }
  /// Head and body, in the order in which they came.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::size_t count() const { return requests().size(); }

 private:
  void serve(peer& client) {
    for (;;) {
      std::string request = client.read_request();
      answerer answer;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        answer = answer_;
      }
      const reply given = answer(request);
      client.answer(given.status, given.body, given.headers);
    }
  }

  mutable std::mutex mutex_;
  answerer answer_;
  std::vector<std::string> requests_;
  scripted_server server_{[this](peer& client) { serve(client); }};
};

}  // namespace lambda_cache::test
