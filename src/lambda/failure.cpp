// What becomes of errors on their way to Lambda.
#include <lambda_cache/handler.hpp>

#include <utility>

namespace lambda_cache {
inline namespace v0 {
namespace detail {

std::string failure_type(const error& failure) {
  const std::string& code = failure.info().code;
  return code.empty() ? "lambda_cache." + std::string(to_string(failure.kind())) : code;
}

void throw_failures(const std::vector<result<Value>>& results) {
  error_info merged;
  bool is_first = true;
  for (const result<Value>& each : results) {
    if (each.has_value()) continue;
    const error_info& info = each.error().info();
    if (std::exchange(is_first, false)) {
      merged = info;
    } else if (merged.message.find(info.message) == std::string::npos) {
      // One cause, such as missing credentials, fails every value with the same sentence.
      merged.message += "; " + info.message;
    }
  }
  throw error(std::move(merged));
}

}  // namespace detail
}  // namespace v0
}  // namespace lambda_cache
