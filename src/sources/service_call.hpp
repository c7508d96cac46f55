// One call to an AWS service, or to an agent in its place, for one or several flights: credentials,
// signature, attempts, deadline.
#pragma once

#include "aws/endpoints.hpp"
#include "aws/role.hpp"
#include "cache/flight.hpp"
#include "net/retry.hpp"
#include "sources/agent_settings.hpp"
#include "sources/tools.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::aws {
struct service_reply;
}

namespace lambda_cache::sources {

/// Which service is asked, and where.
struct service_settings {
  std::string service;  // as in signatures, policies and messages: "ssm"
  std::string region;
  aws::endpoint endpoint;
  /// Assumed for what is read; without one the default chain's credentials are used.
  aws::role_settings role{};
  /// Asked instead of the service, without credentials; null: none is.
  agent_ptr agent{};
};

/// What is asked of it.
struct service_request {
  std::string operation;  // for messages: "GetParameters"
  std::vector<std::pair<std::string, std::string>> headers;
  core::secret_bytes body;
  std::string target;  // of an agent, which gets nothing else: path and query
  std::size_t max_answer_bytes = std::size_t{1} << 20;
};

/// A request of the protocol that SSM and Secrets Manager speak (AWS JSON 1.1).
[[nodiscard]] service_request json_request(std::string_view target_prefix, std::string operation,
                                           core::secret_bytes body);

/// I/O thread only. Lives until its handler has been called, once, whatever throws: what does is a
/// passing failure of the call. The handler itself throws nothing.
class service_call : public std::enable_shared_from_this<service_call> {
 public:
  struct answer {
    /// Whether the answer was understood; else why there is none.
    core::result<void> result;
    /// When the attempt that gave the result was sent.
    core::instant request_start{};
    /// Of an agent's value that is older than somebody accepts: there is nothing newer, AWS fails.
    bool stale = false;
    std::string request_id;
    /// The service's reply behind an error, to tell each entry's error in its own name.
    int status = 0;
    core::secret_bytes body;
    std::string error_type;
  };
  /// Reads a body that came with status 200, and keeps what it finds. What it does not understand
  /// counts as a passing failure.
  using decoder = std::move_only_function<core::result<void>(std::string_view body)>;
  using handler = std::move_only_function<void(answer)>;

  /// `settings` outlives the call.
  service_call(std::shared_ptr<tools> with, const service_settings& settings,
               std::vector<cache::flight_ptr> flights, service_request request, decoder decode);

  /// May call `done` at once.
  void start(handler done) noexcept;
  /// The flight has no waiters any more; with the last one the call is cancelled.
  void abandon(std::uint64_t flight) noexcept;

  /// Lets go of everything without an answer: the I/O thread has ended.
  void close() noexcept;

  [[nodiscard]] const std::vector<cache::flight_ptr>& flights() const noexcept { return flights_; }
  /// The error behind `failed`, or behind a stale answer, in the name of one of the flights.
  [[nodiscard]] error_info error_for(const answer& failed, const std::string& name) const;

 private:
  template <class Step>
  void guarded(Step step) noexcept;
  void send(credentials_provider::keys keys);
  [[nodiscard]] core::result<net::http_request> make_request() const;
  [[nodiscard]] core::result<net::http_request> sign(const aws::credentials& keys) const;
  [[nodiscard]] core::nanos oldest_accepted() const noexcept;
  [[nodiscard]] error_info refusal(const aws::service_reply& reply, const std::string& name) const;
  void date(answer& of, const net::http_response& got) const;
  net::verdict judge(core::result<net::http_response>& got);
  [[nodiscard]] credentials_provider& credentials() const;
  bool correct_clock(const net::http_response& refused);
  void finish(core::result<net::http_response> got, const net::retry_report& report);
  void watch_deadline();
  void deliver(answer result);
  void deliver_failure(error_info why);

  std::shared_ptr<tools> tools_;
  const service_settings& settings_;
  const std::vector<cache::flight_ptr> flights_;
  const service_request request_;
  decoder decode_;
  handler done_;
  std::shared_ptr<net::retried_call> call_;
  credentials_provider::keys keys_;
  core::result<void> decoded_{};
  net::io_loop::timer_id timer_ = 0;
  std::vector<std::uint64_t> waited_for_;  // flights not abandoned
  int attempts_ = 0;
  bool renewed_ = false;
  bool overdue_ = false;
};

}  // namespace lambda_cache::sources
