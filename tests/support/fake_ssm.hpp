// SSM as the tests want it: parameters, refusals and delays under the test's control, over HTTP.
#pragma once

#include "support/scripted_server.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {

class fake_ssm {
 public:
  /// One request as it came.
  struct call {
    std::string operation;           // "GetParameter", "GetParameters" or "GetParametersByPath"
    std::vector<std::string> names;  // or the path
    std::string token;               // NextToken, of a path
    std::string body;
    std::string region;    // of the signature's scope
    std::string key_id;    // of the signature
    std::string amz_date;  // X-Amz-Date
    bool decrypt = true;
  };
  /// An answer instead of the regular one; an empty body means: the regular one.
  struct reply {
    int status = 200;
    std::string body;
    std::string headers;
  };

  fake_ssm();

  void put(const std::string& name, const std::string& value, const std::string& type = "String");
  /// The role may not read this name, or not use this operation at all.
  void deny(const std::string& name_or_operation);
  void allow(const std::string& name_or_operation);
  /// How many parameters a page of GetParametersByPath has; the token is the number of the next
  /// one.
  void page_size(std::size_t parameters);
  /// Asked before each regular answer; may wait on a gate. Called without any lock.
  void intercept(std::function<reply(const call&)> with);
  void answer_normally();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<call> calls() const;
  [[nodiscard]] std::size_t call_count() const { return calls().size(); }
  [[nodiscard]] int connections() const { return server_.connections(); }

 private:
  void serve(peer& client);
  reply answer(const call& asked);
  reply answer_by_path(const call& asked) const;
  std::string parameter_json(const std::string& name) const;

  mutable std::mutex mutex_;
  struct stored {
    std::string value;
    std::string type;
    int version = 0;
  };
  std::map<std::string, stored> parameters_;
  std::set<std::string> denied_;
  std::size_t page_size_ = 10;
  std::function<reply(const call&)> intercept_;
  std::vector<call> calls_;
  scripted_server server_;
};

/// The body of an error answer.
[[nodiscard]] std::string error_body(std::string_view code, std::string_view message = "no");

}  // namespace lambda_cache::test
