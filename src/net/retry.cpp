#include "net/retry.hpp"

#include "core/caught.hpp"
#include "net/retry_plan.hpp"

#include <utility>

namespace lambda_cache::net {
namespace {

/// Runs the plan. Kept alive by the handler or timer that it waits for.
class running_call final : public retried_call,
                           public std::enable_shared_from_this<running_call>,
                           private io_loop::late {
 public:
  running_call(io_loop& loop, http_client& client, retry_budget& budget, retry_options options,
               make_request make, judge decide, handler done)
      : loop_(loop),
        client_(client),
        limits_(options.limits),
        plan_(std::move(options), budget, kernel_uniform),
        make_(std::move(make)),
        decide_(std::move(decide)),
        done_(std::move(done)) {}

  void start() noexcept {
    try {
      attempt();
    } catch (...) {
      finish_later(core::fail(core::caught()));
    }
  }

  void cancel() noexcept override {
    if (!done_) return;
    cancelled_ = true;
    if (sent_ != 0) return client_.cancel(sent_);
    loop_.cancel(std::exchange(delay_, 0));
    finish_later(core::fail(core::plain_error(error_kind::cancelled, "the request was given up")));
  }

  void set_deadline(core::deadline deadline) override {
    plan_.set_deadline(deadline);
    if (sent_ != 0) {
      client_.set_deadline(sent_, plan_.attempt_deadline(), plan_.attempt_deadline_name());
    } else if (delay_ != 0 && delayed_until_ >= deadline) {
      loop_.cancel(std::exchange(delay_, 0));
      finish_later(std::move(last_));
    }
  }

 private:
  void attempt() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= plan_.deadline()) return finish_later(deadline_passed());
    const auto until = plan_.begin_attempt(now);
    auto request = make_(plan_.attempts());
    if (!request) return finish_later(core::fail(std::move(request.error())));
    report_.attempts = plan_.attempts();
    report_.request_start = core::now();
    limits_.deadline_name = plan_.attempt_deadline_name();
    sent_ = client_.send(std::move(*request), limits_, until,
                         [self = shared_from_this()](core::result<http_response> answer) {
                           self->sent_ = 0;
                           self->guarded([&] { self->on_answer(std::move(answer)); });
                         });
  }

  void on_answer(core::result<http_response> answer) {
    if (!done_) return;
    if (cancelled_) return finish(std::move(answer));
    const auto judged = decide_(answer);
    const auto now = std::chrono::steady_clock::now();
    const auto next = plan_.after(judged, answer, now);
    if (next.what == retry_plan::next::finish) return finish(std::move(answer));
    last_ = std::move(answer);
    if (next.when <= now) return attempt();
    delayed_until_ = next.when;
    delay_ = loop_.at(next.when, [self = shared_from_this()] {
      self->delay_ = 0;
      self->guarded([&] { self->attempt(); });
    });
  }

  [[nodiscard]] core::result<http_response> deadline_passed() {
    // After a delay that a freeze made longer, the last answer says more than the deadline does.
    if (plan_.attempts() > 0) return std::move(last_);
    return core::fail(core::make_error(error_kind::timeout,
                                       "the deadline had passed before the request was sent"));
  }

  /// What a step throws ends the call.
  template <class Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (...) {
      finish(core::fail(core::caught()));
    }
  }

  void finish(core::result<http_response> result) noexcept {
    if (!done_) return;
    make_ = nullptr;
    decide_ = nullptr;
    auto done = std::exchange(done_, nullptr);
    try {
      done(std::move(result), report_);
    } catch (...) {
      loop_.note_failure();
    }
  }

  void finish_later(core::result<http_response> result) noexcept {
    if (kept_) return;  // it ends already
    last_ = std::move(result);
    kept_ = shared_from_this();
    loop_.soon(*this);
  }
  void run_late() override {
    const auto self = std::exchange(kept_, nullptr);
    finish(std::move(last_));
  }
  void drop_late() noexcept override { kept_ = nullptr; }

  io_loop& loop_;
  http_client& client_;
  http_limits limits_;
  retry_plan plan_;
  make_request make_;
  judge decide_;
  handler done_;
  retry_report report_;
  bool cancelled_ = false;
  http_client::call_id sent_ = 0;
  io_loop::timer_id delay_ = 0;
  core::deadline delayed_until_{};
  core::result<http_response> last_;
  std::shared_ptr<running_call> kept_;  // until its end is told
};

}  // namespace

std::shared_ptr<retried_call> retried_call::start(io_loop& loop, http_client& client,
                                                  retry_budget& budget, retry_options options,
                                                  make_request make, judge decide, handler done) {
  auto call = std::make_shared<running_call>(loop, client, budget, std::move(options),
                                             std::move(make), std::move(decide), std::move(done));
  call->start();
  return call;
}

}  // namespace lambda_cache::net
