// Serves invocations: next, handler, answer, next.
#pragma once

#include <lambda_cache/runtime.hpp>

#include <functional>
#include <string>

namespace lambda_cache::lambda {

struct runtime_settings {
  /// "host:port" of the Runtime API.
  std::string address;
  /// Told each invocation's trace id before the handler runs; may be empty.
  std::function<void(const std::string&)> on_trace_id;
};

/// Runs on the calling thread until SIGTERM or until the API goes away; detail::serve() says what
/// it returns. `make` is called once.
int serve_invocations(const runtime_settings& settings, const detail::invoker_factory& make);

}  // namespace lambda_cache::lambda
