#include "agent/extension.hpp"

#include "agent/log.hpp"
#include "agent/server.hpp"
#include "lambda/extensions_api.hpp"
#include "lambda/runtime_api.hpp"
#include "lambda/termination.hpp"
#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "net/io_loop_internals.hpp"
#include "wiring/wired_cache.hpp"

#include <memory>
#include <utility>

namespace lambda_cache::agent {
namespace {

constexpr int ended = 0;
constexpr int failed = 1;
/// Lambda ends the environment two seconds after it said so.
constexpr std::chrono::milliseconds grace{200};

client_config config_of(const extension_settings& how) {
  client_config out;
  out.agent_url = "";  // the function's environment is its own, too: it would read from itself
  out.max_entries = how.max_entries;
  out.max_bytes = how.max_bytes;
  return out;
}

class extension final : private net::ready_handler {
 public:
  extension(const extension_settings& how, std::string name, net::origin api)
      : how_(how),
        name_(std::move(name)),
        api_(std::move(api)),
        server_(how.agent, std::make_shared<wiring::wired_cache>(config_of(how))) {}

  int run() {
    start_serving();
    if (end_.fd() >= 0) {
      end_watch_.attach(end_.fd());
      end_watch_.wait_readable();
    }
    loop_.post([this] { enrol(); });
    loop_.run();
    end_watch_.detach();
    server_.stop(grace);
    return status_;
  }

 private:
  using answer_handler = void (extension::*)(core::result<net::http_response>);

  void start_serving() {
    if (auto started = server_.start(); !started) {
      // Lambda is told once the extension has a name there.
      defect_ = std::move(started.error());
      return;
    }
    if (how_.is_snap_start)
      server_.keep_nothing(true);
    else
      server_.prefetch(std::chrono::nanoseconds(how_.agent.prefetch_timeout));
  }

  void send(net::http_request request, answer_handler then) {
    // No deadline: the environment may be frozen for hours while it waits.
    call_ = client_.send(std::move(request), {}, core::no_deadline,
                         [this, then](core::result<net::http_response> answer) {
                           call_ = 0;
                           (this->*then)(std::move(answer));
                         });
  }

  void enrol() {
    send(lambda::register_request(api_, name_, !how_.is_managed_instance),
         &extension::on_registered);
  }

  void on_registered(core::result<net::http_response> answer) {
    if (!answer) return give_up("the Extensions API cannot be reached: " + answer.error().message);
    auto made = lambda::parse_registration(*answer);
    if (!made) return give_up(made.error().message);
    as_ = std::move(*made);
    if (defect_) {
      log(log_level::error, defect_->message);
      return send(lambda::extension_init_error_request(api_, as_, "Extension.CannotListen",
                                                       defect_->message),
                  &extension::on_defect_told);
    }
    log(log_level::info, "ready on http://127.0.0.1:" + std::to_string(server_.port()));
    ask_next();
  }

  void on_defect_told(core::result<net::http_response> answer) {
    if (!answer) log(log_level::error, "Lambda was not told: " + answer.error().message);
    finish(failed);
  }

  void ask_next() {
    if (end_.is_requested()) return finish(ended);
    send(lambda::next_event_request(api_, as_), &extension::on_event);
  }

  void on_event(core::result<net::http_response> answer) {
    if (!answer) {
      if (answer.error().kind == error_kind::cancelled) return;
      // An API that was there and is gone means that the environment has ended.
      log(log_level::warn, "the Extensions API has gone: " + answer.error().message);
      return finish(answer.error().kind == error_kind::connection ? ended : failed);
    }
    const auto event = lambda::parse_event(*answer);
    if (!event) return give_up(event.error().message);
    if (*event == lambda::extension_event::shutdown) return finish(ended);
    on_invocation();
    // At once: the environment cannot freeze before.
    ask_next();
  }

  void on_invocation() {
    if (!how_.is_snap_start) return server_.refresh_ahead();
    // The first one after the restore, and each later one.
    if (is_restored_) return server_.refresh_ahead();
    is_restored_ = true;
    server_.keep_nothing(false);
    server_.prefetch(std::chrono::nanoseconds(0));
  }

  void on_ready() override {
    if (!end_.is_requested()) return end_watch_.wait_readable();
    if (call_ != 0) client_.cancel(call_);
    finish(ended);
  }

  void give_up(const std::string& why) {
    log(log_level::error, why);
    finish(failed);
  }

  void finish(int status) {
    status_ = status;
    loop_.stop();
  }

  const extension_settings& how_;
  const std::string name_;
  const net::origin api_;
  // Before the server's thread: SIGTERM is its own affair.
  lambda::termination end_;
  server server_;
  net::io_loop loop_;
  net::http_client client_{loop_, net::tls_settings{}};
  net::fd_watch end_watch_{loop_, *this};
  lambda::registration as_;
  std::optional<error_info> defect_;
  net::http_client::call_id call_ = 0;
  bool is_restored_ = false;
  int status_ = ended;
};

}  // namespace

int run_extension(const extension_settings& how, const std::string& name,
                  const aws::environment& env) {
  set_log_level(how.agent.level);
  for (const std::string& each : how.warnings)
    log(log_level::warn, each);
  auto api = lambda::parse_runtime_api(env("AWS_LAMBDA_RUNTIME_API").value_or(""));
  if (!api) {
    log(log_level::error, api.error().message +
                              ": this is the program that Lambda starts. To serve elsewhere: "
                              "lambda-cache serve");
    return failed;
  }
  if (how.agent.tokens.empty())
    log(log_level::warn,
        "there is no session token in the environment, so that every request will be refused");
  return extension(how, name, std::move(*api)).run();
}

}  // namespace lambda_cache::agent
