#include "sources/service_call.hpp"

#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "core/caught.hpp"
#include "sources/agent_exchange.hpp"

#include <algorithm>
#include <cstdlib>
#include <time.h>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// Attempts are counted by judge(), because a flight's number may rise while it runs.
constexpr int any_number_of_attempts = 100;
/// The deadlines of readers end it before.
constexpr std::chrono::hours longest_wait{1};

aws::service_reply reply_of(const net::http_response& got) {
  return {.status = got.status,
          .body = {got.body.data(), got.body.size()},
          .error_type_header = got.find("x-amzn-errortype"),
          .request_id = got.find("x-amzn-requestid")};
}

error_info out_of_time() {
  return core::make_error(error_kind::timeout, "No answer before the deadline of the read.");
}

}  // namespace

service_request json_request(std::string_view target_prefix, std::string operation,
                             core::secret_bytes body) {
  service_request out;
  out.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                 {"X-Amz-Target", std::string(target_prefix) + '.' + operation}};
  out.operation = std::move(operation);
  out.body = std::move(body);
  return out;
}

service_call::service_call(std::shared_ptr<tools> with, const service_settings& settings,
                           std::vector<cache::flight_ptr> flights, service_request request,
                           decoder decode)
    : tools_(std::move(with)),
      settings_(settings),
      flights_(std::move(flights)),
      request_(std::move(request)),
      decode_(std::move(decode)) {
  for (const auto& flying : flights_)
    waited_for_.push_back(flying->id());
}

/// What a step throws fails the call, unless it has been answered by then.
template <class Step>
void service_call::guarded(Step step) noexcept {
  try {
    step();
  } catch (...) {
    if (!done_) return tools_ ? tools_->loop.note_failure() : void();
    const auto running = std::exchange(call_, nullptr);
    if (running) running->cancel();
    deliver_failure(core::caught());
  }
}

void service_call::start(handler done) noexcept {
  done_ = std::move(done);
  const auto self = shared_from_this();
  guarded([&] {
    watch_deadline();
    if (settings_.agent) return send(nullptr);
    credentials().get([self](core::result<credentials_provider::keys> keys) {
      if (!self->done_) return;
      if (!keys) return self->deliver_failure(std::move(keys.error()));
      self->guarded([&] { self->send(std::move(*keys)); });
    });
  });
}

credentials_provider& service_call::credentials() const {
  return tools_->credentials_for(settings_.role);
}

void service_call::send(credentials_provider::keys keys) {
  if (overdue_ || waited_for_.empty()) {
    // Nobody waits any more for what the credentials took so long for.
    return deliver_failure(out_of_time());
  }
  keys_ = std::move(keys);
  net::retry_options options;
  options.max_attempts = any_number_of_attempts;
  options.limits.max_body_bytes = request_.max_answer_bytes;
  // An agent has attempts of its own for what it does not know yet.
  if (settings_.agent) options.attempt_timeout = longest_wait;
  call_ = net::retried_call::start(
      tools_->loop, tools_->http, tools_->budget, options,
      [self = shared_from_this()](int) { return self->make_request(); },
      [self = shared_from_this()](core::result<net::http_response>& got) {
        return self->judge(got);
      },
      [self = shared_from_this()](core::result<net::http_response> got,
                                  const net::retry_report& report) {
        self->guarded([&] { self->finish(std::move(got), report); });
      });
}

core::result<net::http_request> service_call::make_request() const {
  auto made = settings_.agent ? ask_agent(*settings_.agent, request_.target, oldest_accepted())
                              : sign(*keys_);
  if (made) tools_->calls.fetch_add(1, std::memory_order_relaxed);
  return made;
}

/// What the most demanding of the readers accepts.
core::nanos service_call::oldest_accepted() const noexcept {
  core::nanos least = core::infinite;
  for (const auto& flying : flights_)
    least = std::min(least, flying->forced() ? 0 : flying->max_age());
  return least;
}

core::result<net::http_request> service_call::sign(const aws::credentials& keys) const {
  net::http_request request;
  request.to = {settings_.endpoint.tls, settings_.endpoint.host, settings_.endpoint.port};
  request.target = settings_.endpoint.base_path + "/";
  request.body = request_.body;
  const aws::signable_request to_sign{.method = request.method,
                                      .host = settings_.endpoint.host_header,
                                      .path = request.target,
                                      .query = {},
                                      .headers = request_.headers,
                                      .body = {request_.body.data(), request_.body.size()}};
  const aws::signing_scope scope{.region = settings_.region,
                                 .service = settings_.service,
                                 .unix_seconds = ::time(nullptr) + tools_->clock_offset,
                                 .s3 = false};
  request.headers.push_back({"Host", settings_.endpoint.host_header});
  for (const auto& [name, value] : request_.headers)
    request.headers.push_back({name, value});
  for (auto& [name, value] : aws::sign_v4(to_sign, scope, keys))
    request.headers.push_back({std::move(name), std::move(value)});
  request.headers.push_back({"User-Agent", "lambda-cache"});
  return request;
}

net::verdict service_call::judge(core::result<net::http_response>& got) {
  ++attempts_;
  int wanted = 1;
  for (const auto& flying : flights_)
    wanted = std::max(wanted, flying->max_attempts());
  const net::verdict passing = attempts_ < wanted ? net::verdict::back_off : net::verdict::finish;

  if (!got) return got.error().retryable ? passing : net::verdict::finish;
  if (got->status == 200) {
    decoded_ = decode_({got->body.data(), got->body.size()});
    return decoded_ ? net::verdict::finish : passing;
  }
  if (settings_.agent) {
    const agent_failure why = explain_refusal(*settings_.agent, reply_of(*got),
                                              {settings_.service, request_.operation, {}});
    return why.try_again ? passing : net::verdict::finish;
  }
  const error_info why = refusal(reply_of(*got), {});
  if (aws::is_clock_skew(why) && correct_clock(*got)) return net::verdict::retry_once;
  return why.retryable ? passing : net::verdict::finish;
}

/// Learns our clock's offset from the refusal; false if the Date says that our clock is right.
bool service_call::correct_clock(const net::http_response& refused) {
  const auto theirs = aws::parse_http_date(refused.find("date"));
  if (!theirs) return false;
  const std::int64_t offset = *theirs - ::time(nullptr);
  if (std::abs(offset - tools_->clock_offset) < 30) return false;
  tools_->clock_offset = offset;
  return true;
}

void service_call::finish(core::result<net::http_response> got, const net::retry_report& report) {
  call_.reset();
  if (!done_) return;
  answer out;
  out.request_start = report.request_start;
  if (!got) {
    out.result = core::fail(overdue_ ? out_of_time() : std::move(got.error()));
    return deliver(std::move(out));
  }
  out.status = got->status;
  out.request_id = got->find("x-amzn-requestid");
  if (got->status == 200) {
    out.result = std::move(decoded_);
    if (settings_.agent) date(out, *got);
    return deliver(std::move(out));
  }
  out.error_type = got->find("x-amzn-errortype");
  error_info why = refusal(reply_of(*got), {});
  if (!settings_.agent && aws::is_expired_credentials(why) && !renewed_ &&
      credentials().renew(keys_)) {
    renewed_ = true;
    return start(std::move(done_));
  }
  out.body = std::move(got->body);
  out.result = core::fail(std::move(why));
  deliver(std::move(out));
}

error_info service_call::refusal(const aws::service_reply& reply, const std::string& name) const {
  if (settings_.agent)
    return explain_refusal(*settings_.agent, reply, {settings_.service, request_.operation, name})
        .why;
  return aws::classify(reply, settings_.service, request_.operation, name);
}

/// Of a value that the agent has for some time.
void service_call::date(answer& of, const net::http_response& got) const {
  const core::nanos age = age_of(got);
  of.request_start.wall -= age;
  of.request_start.mono -= age;
  of.request_start.boot -= age;
  of.stale = is_stale(got) && age >= oldest_accepted();
}

error_info service_call::error_for(const answer& failed, const std::string& name) const {
  if (failed.status != 0 && failed.status != 200)
    return refusal({.status = failed.status,
                    .body = {failed.body.data(), failed.body.size()},
                    .error_type_header = failed.error_type,
                    .request_id = failed.request_id},
                   name);
  if (settings_.agent) {
    const agent_question what{settings_.service, request_.operation, name};
    return failed.stale ? stale_error(*settings_.agent, what)
                        : explain_silence(*settings_.agent, failed.result.error(), what);
  }
  error_info why = failed.result.error();
  // What went wrong on the way to credentials keeps its own service.
  if (why.service.empty()) {
    why.service = settings_.service;
    why.operation = request_.operation;
  }
  why.name = name;
  if (why.message.find(name) == std::string::npos)
    why.message = "Reading " + name + " failed: " + why.message;
  // A proxy, a login page or another service may be what answers.
  if (why.kind == error_kind::protocol) {
    if (why.message.ends_with('.')) why.message.pop_back();
    why.message += ". If this goes on, check what answers at the endpoint URL.";
  }
  return why;
}

/// Ends the call when the last waiter's time is over; waiters that joined meanwhile move it.
void service_call::watch_deadline() {
  core::deadline latest = core::deadline::min();
  for (const auto& flying : flights_)
    latest = std::max(latest, flying->deadline());
  if (latest <= std::chrono::steady_clock::now() && timer_ != 0) {
    overdue_ = true;
    if (call_) call_->cancel();
    return;
  }
  tools_->loop.cancel(timer_);
  if (latest == core::no_deadline) return;
  timer_ = tools_->loop.at(latest, [weak = weak_from_this()] {
    // Without a timer there is no time left.
    if (const auto self = weak.lock()) self->guarded([&] { self->watch_deadline(); });
  });
}

void service_call::abandon(std::uint64_t flight) noexcept {
  std::erase(waited_for_, flight);
  if (waited_for_.empty() && call_) call_->cancel();
}

void service_call::close() noexcept {
  // What runs of it holds this call, and its client belongs to the tools.
  call_ = nullptr;
  done_ = nullptr;
  tools_ = nullptr;
}

void service_call::deliver(answer result) {
  tools_->loop.cancel(timer_);
  std::exchange(done_, nullptr)(std::move(result));
}

void service_call::deliver_failure(error_info why) {
  answer failed;
  failed.result = core::fail(std::move(why));
  deliver(std::move(failed));
}

}  // namespace lambda_cache::sources
