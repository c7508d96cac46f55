// run(): where the Runtime API is, and where trace ids go.
#include <lambda_cache/runtime.hpp>

#include "lambda/runtime_loop.hpp"
#include "wiring/environment.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace lambda_cache {
inline namespace v0 {
namespace detail {
namespace {

/// Writes _X_AMZN_TRACE_ID, where X-Ray looks for it. By putenv() into two texts in turn: setenv()
/// would keep every value for ever, and after the first time nothing is moved that another thread
/// may be reading.
void write_trace_id(const std::string& trace_id) {
  static auto& texts = *new std::array<std::string, 2>;
  static std::size_t turn = 0;
  std::string& text = texts[++turn % texts.size()];
  text = "_X_AMZN_TRACE_ID=" + trace_id;
  ::putenv(text.data());  // NOLINT(concurrency-mt-unsafe): only this thread writes
}

}  // namespace

int serve(const invoker_factory& make) {
  const auto address = wiring::process_environment()("AWS_LAMBDA_RUNTIME_API");
  if (!address || address->empty()) {
    std::fputs(
        "lambda_cache: AWS_LAMBDA_RUNTIME_API is not set: run() serves functions inside AWS Lambda "
        "or under aws-lambda-rie; call the handler directly to test it\n",
        stderr);
    return 1;
  }
  // Before the handler can have started threads.
  write_trace_id("");
  return lambda::serve_invocations({*address, write_trace_id}, make);
}

}  // namespace detail
}  // namespace v0
}  // namespace lambda_cache
