// One GetParameter or GetParameters call for one or several flights, attempts included.
#pragma once

#include "aws/ssm_codec.hpp"
#include "cache/flight.hpp"
#include "net/retry.hpp"
#include "sources/tools.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lambda_cache::sources {

struct ssm_settings;

/// I/O thread only. Lives until its handler has been called.
class ssm_call : public std::enable_shared_from_this<ssm_call> {
 public:
  struct answer {
    core::result<aws::parameters> result;
    /// When the attempt that gave the result was sent.
    core::instant request_start{};
    /// The service's reply behind an error, to tell each entry's error in its own name.
    int status = 0;
    core::secret_bytes body;
    std::string request_id;
    std::string error_type;
  };
  using handler = std::move_only_function<void(answer)>;

  /// `batch`: GetParameters; else GetParameter, and there is one flight.
  ssm_call(std::shared_ptr<tools> with, const ssm_settings& settings,
           std::vector<cache::flight_ptr> flights, bool batch);

  void start(handler done);
  /// The flight has no waiters any more; with the last one the call is cancelled.
  void abandon(std::uint64_t flight);

  /// Lets go of everything without an answer: the I/O thread has ended.
  void close() noexcept;

  [[nodiscard]] const std::vector<cache::flight_ptr>& flights() const noexcept { return flights_; }
  [[nodiscard]] bool batch() const noexcept { return batch_; }
  [[nodiscard]] const char* operation() const noexcept {
    return batch_ ? "GetParameters" : "GetParameter";
  }
  /// The error behind `failed` in the name of one of the flights.
  [[nodiscard]] error_info error_for(const answer& failed, const std::string& name) const;

 private:
  void send(credentials_provider::keys keys);
  core::result<net::http_request> sign(const aws::credentials& keys) const;
  net::verdict judge(core::result<net::http_response>& got);
  [[nodiscard]] credentials_provider& credentials() const;
  bool correct_clock(const net::http_response& refused);
  void finish(core::result<net::http_response> got, const net::retry_report& report);
  void watch_deadline();
  void deliver(answer result);

  std::shared_ptr<tools> tools_;
  const ssm_settings& settings_;
  const std::vector<cache::flight_ptr> flights_;
  const bool batch_;
  handler done_;
  core::secret_bytes body_;
  std::shared_ptr<net::retried_call> call_;
  credentials_provider::keys keys_;
  core::result<aws::parameters> decoded_{};
  net::io_loop::timer_id timer_ = 0;
  std::vector<std::uint64_t> waited_for_;  // flights not abandoned
  int attempts_ = 0;
  bool renewed_ = false;
  bool overdue_ = false;
};

}  // namespace lambda_cache::sources
