// A runtime for functions without another one: asks Lambda for invocations and answers them.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lambda_cache {
inline namespace v0 {

/// One invocation.
struct request {
  /// The event, as a rule JSON.
  std::string payload = {};
  std::string request_id = {};
  std::string function_arn = {};
  /// For X-Ray; also in the environment variable _X_AMZN_TRACE_ID while the handler runs. Empty
  /// where Lambda did not say.
  std::string trace_id = {};
  /// JSON of the mobile SDK; as a rule empty.
  std::string client_context = {};
  std::string cognito_identity = {};
  /// When Lambda kills the invocation; the epoch where it did not say.
  std::chrono::system_clock::time_point deadline = {};

  /// Not negative; zero where Lambda did not say.
  [[nodiscard]] std::chrono::milliseconds time_remaining() const noexcept;
};

/// The answer to one invocation.
class response {
 public:
  [[nodiscard]] static response success(std::string payload,
                                        std::string content_type = "application/json");
  /// An invocation error: Lambda shows both texts, retries and alarms see it.
  [[nodiscard]] static response failure(std::string_view message, std::string type);

  [[nodiscard]] bool is_success() const noexcept { return is_success_; }
  /// What is sent; of a failure {"errorMessage": ..., "errorType": ..., "stackTrace": []}.
  [[nodiscard]] const std::string& payload() const noexcept { return payload_; }
  [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }
  /// Empty for a success.
  [[nodiscard]] const std::string& error_type() const noexcept { return error_type_; }

 private:
  response() = default;
  std::string payload_;
  std::string content_type_;
  std::string error_type_;
  bool is_success_ = false;
};

namespace detail {

using invoker = std::function<response(const request&)>;
using invoker_factory = std::function<invoker()>;

/// Reads AWS_LAMBDA_RUNTIME_API and serves until the end.
int serve(const invoker_factory& make);

template <class Handler>
[[nodiscard]] invoker make_invoker(Handler handler) {
  using answer = std::invoke_result_t<Handler&, const request&>;
  static_assert(std::convertible_to<answer, response> || std::convertible_to<answer, std::string>,
                "a handler for run() returns lambda_cache::response, or its payload as a string");
  // Shared, because std::function wants copies and the handler may not be copyable.
  auto shared = std::make_shared<Handler>(std::move(handler));
  return [shared](const request& event) -> response {
    if constexpr (std::convertible_to<answer, response>)
      return std::invoke(*shared, event);
    else
      return response::success(std::string(std::invoke(*shared, event)));
  };
}

}  // namespace detail

/// Serves invocations until Lambda ends the environment; call it at the end of main():
///
///     int main() { return lc::run(handler); }
///
/// `handler` is a callable of `const request&` (with(...)(...) makes one) that returns a `response`
/// or the JSON to answer with. Or it is a callable of nothing that returns such a handler: then
/// what it throws while Lambda waits for the function to start is reported as an initialisation
/// error.
///
/// The handler runs on the calling thread, one invocation at a time, with the invocation's deadline
/// known to every read. An exception of it becomes an invocation error: of an `error` the type is
/// the service's code or "lambda_cache.<kind>", of others the C++ type.
///
/// Ends on SIGTERM, after the running invocation was answered (a SIGTERM handler of the program's
/// own is left in place), and when the Runtime API goes away. Returns the exit status: 0, or 1
/// after a failure that it wrote to stderr (not inside Lambda, initialisation error, API in error).
template <class Handler>
int run(Handler&& handler) {
  using callable = std::decay_t<Handler>;
  auto shared = std::make_shared<callable>(std::forward<Handler>(handler));
  if constexpr (std::invocable<callable&, const request&>) {
    return detail::serve([shared] { return detail::make_invoker(std::move(*shared)); });
  } else {
    static_assert(std::invocable<callable&>,
                  "run() takes a callable of const lambda_cache::request&, or a callable of "
                  "nothing that returns one");
    return detail::serve([shared] { return detail::make_invoker(std::invoke(*shared)); });
  }
}

}  // namespace v0
}  // namespace lambda_cache
