// Handlers that get their values injected: with(what...)(handler).
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/context.hpp>
#include <lambda_cache/error.hpp>
#include <lambda_cache/handle.hpp>
#include <lambda_cache/result.hpp>
#include <lambda_cache/value.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {
namespace detail {

/// Storage for the values of one call; reused, so that a warm call allocates nothing.
[[nodiscard]] std::vector<Value> value_storage() noexcept;
/// Throws the first failure there is, with a message that tells all of them.
[[noreturn]] void throw_failures(const std::vector<result<Value>>& results);
/// Whether values are fetched before they are read: in a function's process, except under
/// SnapStart.
[[nodiscard]] bool prefetches_in_lambda() noexcept;
/// What Lambda shows as the error's type: the service's code ("AccessDeniedException"), else
/// "lambda_cache." and the kind ("lambda_cache.timeout").
[[nodiscard]] std::string failure_type(const error& failure);

/// The bindings of one with(), checked. Immutable.
class plan {
 public:
  /// Throws `error` (invalid_argument): no binding, an empty one, an empty or repeated name.
  explicit plan(std::vector<binding> bindings);

  [[nodiscard]] const lambda::entry_table& table() const noexcept { return *table_; }
  /// All values in declaration order: what is fresh from the cache, the others in one round of
  /// calls, while what is to be computed is computed into `results`, also in declaration order.
  /// Throws `error`, and what computations throw.
  [[nodiscard]] std::vector<Value> read(std::vector<std::shared_ptr<const void>>& results) const;
  /// Starts fetching what is to be there before the first call.
  void prefetch() const noexcept;

 private:
  std::shared_ptr<const lambda::entry_table> table_;
  void compute(std::vector<std::shared_ptr<const void>>& results) const;

  std::vector<handle> handles_;
  std::vector<std::optional<bool>> prefetch_;  // of each handle
  std::vector<std::shared_ptr<const computed_source>> computed_;
};

// Here and not in the library's part that knows handlers, which stands below the one that reads.
inline std::vector<Value> plan::read(std::vector<std::shared_ptr<const void>>& results) const {
  std::vector<Value> values = value_storage();
  std::vector<handle> missing;
  for (const handle& each : handles_) {
    const Value* fresh = each.peek();
    if (fresh == nullptr) missing.push_back(each);
    values.push_back(fresh == nullptr ? Value() : *fresh);
  }
  if (missing.empty()) {
    compute(results);
    return values;
  }
  // Computations run while the answers are on their way.
  const std::shared_ptr<open_reads> asked = start_all(missing);
  compute(results);
  const std::vector<result<Value>> fetched = finish_all(*asked);
  auto next = fetched.begin();
  for (Value& each : values) {
    if (each) continue;
    if (!next->has_value()) throw_failures(fetched);
    each = **next++;
  }
  return values;
}

inline void plan::prefetch() const noexcept {
  for (std::size_t i = 0; i < handles_.size(); ++i)
    if (prefetch_[i] ? *prefetch_[i] : prefetches_in_lambda()) handles_[i].prefetch();
}

inline void plan::compute(std::vector<std::shared_ptr<const void>>& results) const {
  results.reserve(computed_.size());
  for (const auto& each : computed_)
    results.push_back(each->get());
}

template <class Request>
[[nodiscard]] invocation_facts facts_of(const Request& request) {
  invocation_facts facts;
  if constexpr (requires { std::string_view(request.request_id); })
    facts.request_id = request.request_id;
  if constexpr (requires { std::string_view(request.function_arn); })
    facts.function_arn = request.function_arn;
  if constexpr (requires { std::string_view(request.xray_trace_id); })
    facts.trace_id = request.xray_trace_id;
  else if constexpr (requires { std::string_view(request.trace_id); })
    facts.trace_id = request.trace_id;
  if constexpr (requires { std::chrono::system_clock::time_point(request.deadline); }) {
    const std::chrono::system_clock::time_point deadline(request.deadline);
    // Runtimes leave it at the epoch where they were not told one.
    if (deadline != std::chrono::system_clock::time_point()) facts.deadline = deadline;
  }
  return facts;
}

template <class Response>
concept reports_failure = requires(const std::string& text) {
  { Response::failure(text, text) } -> std::convertible_to<Response>;
};

}  // namespace detail

/// What with(...)(handler) returns: a callable of one request. Copies share the handler, so it is
/// copyable and fits std::function also where the handler is neither. Safe from several threads if
/// the handler is.
template <class Handler>
class wrapped_handler {
 public:
  wrapped_handler(std::shared_ptr<const detail::plan> what, Handler handler)
      : state_(std::make_shared<state>(std::move(what), std::move(handler))) {}

  /// Reads what is too old, then calls the handler with the request as it is and a Context.
  ///
  /// If a value cannot be read, the handler is not called. Where the response type has a static
  /// `failure(message, type)`, as aws-lambda-cpp's invocation_response does, any `error` becomes
  /// that; else it is thrown. Other exceptions of the handler pass through.
  template <class Request>
    requires std::invocable<Handler&, Request&, Context&>
  std::invoke_result_t<Handler&, Request&, Context&> operator()(Request&& request) const {
    using response_type = std::invoke_result_t<Handler&, Request&, Context&>;
    if constexpr (detail::reports_failure<response_type>) {
      try {
        return call(request);
      } catch (const error& failure) {
        return response_type::failure(std::string(failure.what()), detail::failure_type(failure));
      }
    } else {
      return call(request);
    }
  }

 private:
  struct state {
    state(std::shared_ptr<const detail::plan> w, Handler h)
        : what(std::move(w)), handler(std::move(h)) {}
    std::shared_ptr<const detail::plan> what;
    Handler handler;
  };

  template <class Request>
  std::invoke_result_t<Handler&, Request&, Context&> call(Request& request) const {
    const invocation_facts facts = detail::facts_of(request);
    const invocation_scope scope(facts.deadline);
    std::vector<std::shared_ptr<const void>> results;
    std::vector<Value> values = state_->what->read(results);
    Context context(state_->what->table(), std::move(values), facts, std::move(results));
    return std::invoke(state_->handler, request, context);
  }

  std::shared_ptr<state> state_;
};

/// What with() returns: wraps any number of handlers.
class handler_wrapper {
 public:
  explicit handler_wrapper(std::vector<binding> bindings)
      : what_(std::make_shared<const detail::plan>(std::move(bindings))) {}

  template <class Handler>
  [[nodiscard]] wrapped_handler<std::decay_t<Handler>> operator()(Handler&& handler) const {
    what_->prefetch();
    return {what_, std::forward<Handler>(handler)};
  }

 private:
  std::shared_ptr<const detail::plan> what_;
};

/// Declares what a handler needs:
///
///     auto handler = lc::with(lc::ssm::cache({.parameter = "/app/var"}))(
///         [](const auto& request, lc::Context& context) { ... context.text("var") ... });
///
/// The handler is any callable of (request, Context&), also generic or move-only; any type of
/// request and response will do. In Lambda the values start loading when the handler is wrapped, so
/// that the first invocation finds them or joins their calls; `.prefetch` of a binding changes
/// that, and SnapStart turns it off. Elsewhere it makes no call. Throws `error` (invalid_argument)
/// for wrong use: nothing declared, or one name declared twice.
template <class... Bindings>
  requires(std::convertible_to<Bindings, binding> && ...)
[[nodiscard]] handler_wrapper with(Bindings&&... bindings) {
  std::vector<binding> all;
  all.reserve(sizeof...(Bindings));
  (all.push_back(std::forward<Bindings>(bindings)), ...);
  return handler_wrapper(std::move(all));
}

}  // namespace v0
}  // namespace lambda_cache
