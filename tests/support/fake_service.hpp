// What the fakes of AWS services have in common: JSON 1.1 over HTTP, calls noted, answers under the
// test's control.
#pragma once

#include "support/scripted_server.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {

class fake_service {
 public:
  /// One request as it came.
  struct call {
    std::string operation;           // "GetParameters"
    std::vector<std::string> names;  // or the path
    std::string region;              // of the signature's scope
    std::string key_id;              // of the signature
    std::string amz_date;            // X-Amz-Date
    bool decrypt = true;             // parameters
    std::string version_id{};
    std::string version_stage{};
    std::string token{};  // NextToken
    std::string body{};
  };
  /// An answer instead of the regular one; an empty body means: the regular one.
  struct reply {
    int status = 200;
    std::string body;
    std::string headers;
  };

  fake_service(const fake_service&) = delete;
  fake_service& operator=(const fake_service&) = delete;

  /// The role may not read this name, or not use this operation at all.
  void deny(const std::string& name_or_operation);
  void allow(const std::string& name_or_operation);
  /// Asked before each regular answer; may wait on a gate. Called without any lock.
  void intercept(std::function<reply(const call&)> with);
  void answer_normally();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<call> calls() const;
  [[nodiscard]] std::size_t call_count() const { return calls().size(); }
  [[nodiscard]] std::size_t calls_of(std::string_view operation) const;
  [[nodiscard]] int connections() const { return server_->connections(); }

 protected:
  /// What stands before the operation in X-Amz-Target, with its dot; the members of requests that
  /// name one thing and several.
  fake_service(std::string target, std::string one, std::string several);
  /// Derived classes stop() first of all: answers come from other threads.
  virtual ~fake_service() = default;
  void stop() { server_.reset(); }

  /// The regular answer. Called with the lock held.
  [[nodiscard]] virtual reply answer(const call& asked) = 0;
  [[nodiscard]] bool is_denied(const std::string& name_or_operation) const {
    return denied_.contains(name_or_operation);
  }

  mutable std::mutex mutex_;  // protects what derived classes answer from as well

 private:
  void serve(peer& client);
  [[nodiscard]] call read(const std::string& request) const;

  const std::string target_;
  const std::string one_;
  const std::string several_;
  std::set<std::string> denied_;
  std::function<reply(const call&)> intercept_;
  std::vector<call> calls_;
  std::optional<scripted_server> server_;
};

/// The body of an error answer.
[[nodiscard]] std::string error_body(std::string_view code, std::string_view message = "no");
/// As a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace lambda_cache::test
