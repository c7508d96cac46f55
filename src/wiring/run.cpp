// run(): where the Runtime API is, and where trace ids go.
#include <lambda_cache/runtime.hpp>

#include "lambda/runtime_loop.hpp"

#include <cstdio>
#include <cstdlib>

namespace lambda_cache {
inline namespace v0 {
namespace detail {

int serve(const invoker_factory& make) {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr || *address == '\0') {
    std::fputs(
        "lambda_cache: AWS_LAMBDA_RUNTIME_API is not set: run() serves functions inside AWS Lambda "
        "or under aws-lambda-rie; call the handler directly to test it\n",
        stderr);
    return 1;
  }
  lambda::runtime_settings settings;
  settings.address = address;
  settings.on_trace_id = [](const std::string& trace_id) {
    if (trace_id.empty())
      ::unsetenv("_X_AMZN_TRACE_ID");
    else
      ::setenv("_X_AMZN_TRACE_ID", trace_id.c_str(), 1);
  };
  return lambda::serve_invocations(settings, make);
}

}  // namespace detail
}  // namespace v0
}  // namespace lambda_cache
