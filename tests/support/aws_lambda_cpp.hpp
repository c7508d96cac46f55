// The public shapes of awslabs/aws-lambda-cpp (aws/lambda-runtime/runtime.h, 0.2.x): request,
// response and run_handler(), with the names and types that users' code relies on. No network:
// run_handler() works through `events` and keeps the answers.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace aws::lambda_runtime {

struct invocation_request {
  std::string payload;
  std::string request_id;
  std::string xray_trace_id;
  std::string client_context;
  std::string cognito_identity;
  std::string function_arn;
  std::chrono::time_point<std::chrono::system_clock> deadline;

  std::chrono::milliseconds get_time_remaining() const {
    using namespace std::chrono;
    return duration_cast<milliseconds>(deadline - system_clock::now());
  }
};

class invocation_response {
 public:
  invocation_response(std::string const& payload, std::string const& content_type, bool success)
      : m_payload(payload), m_content_type(content_type), m_success(success) {}

  static invocation_response success(std::string const& payload, std::string const& content_type) {
    return {payload, content_type, true};
  }
  static invocation_response failure(std::string const& error_message,
                                     std::string const& error_type) {
    return {R"({"errorMessage":")" + error_message + R"(","errorType":")" + error_type +
                R"(", "stackTrace":[]})",
            "application/json", false};
  }

  std::string const& get_content_type() const { return m_content_type; }
  std::string const& get_payload() const { return m_payload; }
  bool is_success() const { return m_success; }

 private:
  invocation_response() = default;
  std::string m_payload;
  std::string m_content_type;
  bool m_success = false;
};

inline std::vector<invocation_request> events;
inline std::vector<invocation_response> answers;

inline void run_handler(
    std::function<invocation_response(invocation_request const&)> const& handler) {
  answers.clear();
  for (invocation_request const& event : events)
    answers.push_back(handler(event));
}

}  // namespace aws::lambda_runtime
