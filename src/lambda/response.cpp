#include <lambda_cache/runtime.hpp>

#include "lambda/runtime_api.hpp"

namespace lambda_cache {
inline namespace v0 {

std::chrono::milliseconds request::time_remaining() const noexcept {
  const auto now = std::chrono::system_clock::now();
  if (deadline <= now) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
}

response response::success(std::string payload, std::string content_type) {
  response made;
  made.payload_ = std::move(payload);
  made.content_type_ = std::move(content_type);
  made.is_success_ = true;
  return made;
}

response response::failure(std::string_view message, std::string type) {
  response made;
  made.payload_ = lambda::error_document(message, type);
  made.content_type_ = "application/json";
  made.error_type_ = std::move(type);
  return made;
}

}  // namespace v0
}  // namespace lambda_cache
