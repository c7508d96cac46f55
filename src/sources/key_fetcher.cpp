#include "sources/key_fetcher.hpp"

#include <utility>

namespace lambda_cache::sources {

struct owned_call::functions {
  make_request make;
  judge decide;
  handler done;
};

owned_call::~owned_call() {
  functions_.reset();
  if (call_) call_->cancel();
}

void owned_call::start(const fetch_tools& with, const net::retry_options& options,
                       make_request make, judge decide, handler done) {
  functions_ = std::make_shared<functions>(std::move(make), std::move(decide), std::move(done));
  const std::weak_ptr<functions> weak = functions_;
  call_ = net::retried_call::start(
      with.loop, with.http, with.budget, options,
      [weak](int) -> core::result<net::http_request> {
        if (const auto alive = weak.lock()) return alive->make();
        return core::fail(core::make_error(error_kind::cancelled, "the request was given up"));
      },
      [weak](core::result<net::http_response>& got) {
        const auto alive = weak.lock();
        return alive ? alive->decide(got) : net::verdict::finish;
      },
      [weak](core::result<net::http_response> got, const net::retry_report&) {
        const auto alive = weak.lock();
        if (!alive) return;
        // What is called may start the next call.
        auto finished = std::move(alive->done);
        finished(got);
      });
}

net::verdict retry_passing(const core::result<net::http_response>& got) {
  const bool passing = got ? got->status >= 500 || got->status == 429 : got.error().retryable;
  return passing ? net::verdict::back_off : net::verdict::finish;
}

error_info refused_with(int status, std::string message) {
  const bool passing = status >= 500 || status == 429;
  error_info why =
      core::make_error(passing ? error_kind::service : error_kind::credentials, std::move(message));
  why.http_status = status;
  return why;
}

}  // namespace lambda_cache::sources
