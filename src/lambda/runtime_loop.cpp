#include "lambda/runtime_loop.hpp"

#include <lambda_cache/context.hpp>
#include <lambda_cache/handler.hpp>

#include "lambda/runtime_api.hpp"
#include "lambda/termination.hpp"
#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "net/io_loop_internals.hpp"

#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <typeinfo>
#include <utility>

namespace lambda_cache::lambda {
namespace {

// Lambda's own limit of an event is 6 MB.
constexpr std::size_t max_event_bytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t max_header_bytes = std::size_t{64} * 1024;
constexpr int accepted = 202;

void log(const std::string& message) {
  std::fprintf(stderr, "lambda_cache: %s\n", message.c_str());
}

std::string readable_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 && name ? name.get() : type.name();
}

/// Only inside a catch block.
response describe_current_exception() {
  try {
    throw;
  } catch (const error& failure) {
    return response::failure(failure.what(), detail::failure_type(failure));
  } catch (const std::exception& failure) {
    return response::failure(failure.what(), readable_name(typeid(failure)));
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return response::failure("the handler threw something that is no std::exception",
                             type == nullptr ? "unknown" : readable_name(*type));
  }
}

class runtime_loop final : private net::ready_handler {
 public:
  runtime_loop(const runtime_settings& settings, net::origin api)
      : settings_(settings), api_(std::move(api)) {}

  int run(const detail::invoker_factory& make) {
    if (end_.fd() >= 0) {
      end_watch_.attach(end_.fd());
      end_watch_.wait_readable();
    }
    loop_.post([this, &make] { start(make); });
    loop_.run();
    end_watch_.detach();
    return status_;
  }

 private:
  using answer_handler = void (runtime_loop::*)(core::result<net::http_response>);

  void send(net::http_request request, answer_handler then) {
    // No deadline: the environment may be frozen for hours while it waits.
    call_ = client_.send(std::move(request), limits(), core::no_deadline,
                         [this, then](core::result<net::http_response> answer) {
                           call_ = 0;
                           (this->*then)(std::move(answer));
                         });
  }

  static net::http_limits limits() {
    net::http_limits wide;
    wide.max_body_bytes = max_event_bytes;
    wide.max_header_bytes = max_header_bytes;
    return wide;
  }

  void start(const detail::invoker_factory& make) {
    try {
      handler_ = make();
    } catch (...) {
      const response failure = describe_current_exception();
      log("the function could not be initialised: " + failure.payload());
      send(init_error_request(api_, failure), &runtime_loop::on_init_error_sent);
      return;
    }
    ask_next();
  }

  void on_init_error_sent(core::result<net::http_response> answer) {
    if (!answer) log("the Runtime API was not told: " + answer.error().message);
    finish(1);
  }

  void ask_next() {
    if (end_.is_requested()) return finish(0);
    is_waiting_ = true;
    send(next_request(api_), &runtime_loop::on_next);
  }

  void on_next(core::result<net::http_response> answer) {
    is_waiting_ = false;
    if (!answer) {
      if (answer.error().kind == error_kind::cancelled) return;
      // A Runtime API that was there and is gone means that the environment has ended.
      log((has_served_ ? "the Runtime API has gone: " : "the Runtime API cannot be reached: ") +
          answer.error().message);
      return finish(has_served_ && answer.error().kind == error_kind::connection ? 0 : 1);
    }
    if (answer->status != 200) {
      log("the Runtime API refused to give an invocation: HTTP " + std::to_string(answer->status));
      return finish(1);
    }
    auto invocation = parse_next(*answer);
    if (!invocation) {
      log(invocation.error().message);
      return finish(1);
    }
    // The event is in the request now.
    answer = net::http_response{};
    has_served_ = true;
    const response result = invoke(*invocation);
    send(answer_request(api_, invocation->request_id, result), &runtime_loop::on_answered);
  }

  response invoke(const request& invocation) {
    try {
      if (settings_.on_trace_id) settings_.on_trace_id(invocation.trace_id);
      const invocation_scope scope(detail::facts_of(invocation).deadline);
      return handler_(invocation);
    } catch (...) {
      return describe_current_exception();
    }
  }

  void on_answered(core::result<net::http_response> answer) {
    if (!answer) {
      log("an answer was not delivered: " + answer.error().message);
    } else if (answer->status >= 500) {
      // By the API's contract the environment is beyond repair then.
      log("the Runtime API failed: HTTP " + std::to_string(answer->status));
      return finish(1);
    } else if (answer->status != accepted) {
      // Too large, or too late: Lambda has reported it to the caller.
      log("the Runtime API refused an answer: HTTP " + std::to_string(answer->status) + " " +
          std::string(answer->body.data(), std::min<std::size_t>(answer->body.size(), 200)));
    }
    ask_next();
  }

  void on_ready() override {
    if (!end_.is_requested()) return end_watch_.wait_readable();
    // An invocation that runs is answered first.
    if (!is_waiting_) return;
    client_.cancel(call_);
    finish(0);
  }

  void finish(int status) {
    status_ = status;
    loop_.stop();
  }

  const runtime_settings& settings_;
  const net::origin api_;
  net::io_loop loop_;
  net::http_client client_{loop_, net::tls_settings{}};
  termination end_;
  net::fd_watch end_watch_{loop_, *this};
  detail::invoker handler_;
  net::http_client::call_id call_ = 0;
  bool is_waiting_ = false;
  bool has_served_ = false;
  int status_ = 0;
};

}  // namespace

int serve_invocations(const runtime_settings& settings, const detail::invoker_factory& make) {
  auto api = parse_runtime_api(settings.address);
  if (!api) {
    log(api.error().message);
    return 1;
  }
  return runtime_loop(settings, std::move(*api)).run(make);
}

}  // namespace lambda_cache::lambda
