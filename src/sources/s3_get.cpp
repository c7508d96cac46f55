#include "sources/s3_get.hpp"

#include "aws/endpoints.hpp"
#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "aws/text.hpp"
#include "aws/xml_error.hpp"

#include <algorithm>
#include <cstdlib>
#include <time.h>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// Attempts are counted by judge(): those that brought something do not count.
constexpr int any_number_of_attempts = 1'000'000;
/// An answer may take as long as the read; it may not stand still.
constexpr std::chrono::hours any_time{24 * 365};
/// A connection that brought less broke too early to be followed by the next without a pause.
constexpr std::uint64_t worth_resuming = std::uint64_t{16} << 10;
constexpr int most_redirects = 3;
/// More buckets than a function has; they are learnt again at one call each.
constexpr std::size_t most_buckets = 1000;

error_info told(error_info why, const s3_object& object) {
  why.service = "s3";
  why.operation = "GetObject";
  why.name = object.uri.text;
  if (why.message.find(object.uri.text) == std::string::npos)
    why.message = "Reading " + object.uri.text + " failed: " + why.message;
  return why;
}

/// Only ends a call; never seen by anybody.
error_info stop() {
  return core::make_error(error_kind::cancelled, "stopped");
}

}  // namespace

/// What the HTTP client holds: it may live a little longer than the call.
class s3_get::body final : public net::body_sink {
 public:
  explicit body(std::weak_ptr<s3_get> of) : of_(std::move(of)) {}
  core::result<bool> begin(const net::http_response& head) override {
    const auto owner = of_.lock();
    if (!owner || !owner->done_) return core::fail(stop());
    return owner->begin(head);
  }
  core::result<void> write(std::string_view bytes) override {
    const auto owner = of_.lock();
    if (!owner || !owner->done_) return core::fail(stop());
    return owner->write(bytes);
  }

 private:
  std::weak_ptr<s3_get> of_;
};

s3_get::s3_get(std::shared_ptr<tools> with, const s3_settings& settings, const s3_object& object,
               bucket_regions& regions, plan what, receiver& to, std::function<int()> attempts)
    : tools_(std::move(with)),
      settings_(settings),
      object_(object),
      regions_(regions),
      plan_(std::move(what)),
      to_(to),
      wanted_attempts_(std::move(attempts)),
      reached_(plan_.begin),
      reached_before_(plan_.begin),
      etag_(plan_.if_match) {}

const std::string& s3_get::region() const {
  const auto known = regions_.find(object_.uri.bucket);
  return known == regions_.end() ? settings_.region : known->second;
}

void s3_get::start(handler done) {
  done_ = std::move(done);
  tools_->credentials.get(
      [self = shared_from_this()](core::result<credentials_provider::keys> keys) {
        if (!self->done_) return;
        if (keys) return self->send(std::move(*keys));
        // May be called from inside start().
        self->tools_->loop.post([self, why = std::move(keys.error())]() mutable {
          self->deliver_failure(std::move(why));
        });
      });
}

void s3_get::send(credentials_provider::keys keys) {
  keys_ = std::move(keys);
  net::retry_options options;
  options.max_attempts = any_number_of_attempts;
  options.attempt_timeout = any_time;
  options.limits.idle_timeout = settings_.idle_timeout;
  call_ = net::retried_call::start(
      tools_->loop, tools_->http, tools_->budget, options,
      [self = shared_from_this()](int) { return self->make_request(); },
      [self = shared_from_this()](core::result<net::http_response>& got) {
        return self->judge(got);
      },
      [self = shared_from_this()](core::result<net::http_response> got, net::retry_report) {
        self->finish(std::move(got));
      });
}

core::result<net::http_request> s3_get::make_request() {
  if (began_ && reached_ >= plan_.end) {
    // While it waited to go on, somebody else was given the rest.
    complete_ = true;
    return core::fail(stop());
  }
  attempt_region_ = region();
  aws::endpoint regional = settings_.endpoint;
  if (attempt_region_ != settings_.region && settings_.options.url.empty()) {
    auto other = aws::resolve_endpoint("s3", attempt_region_, settings_.options);
    if (!other) return core::fail(std::move(other.error()));
    regional = std::move(*other);
  }
  const aws::s3_address address = aws::locate(object_.uri, regional);

  aws::object_request what;
  what.version_id = object_.version_id;
  const bool again = began_ || reached_ > 0;
  if (began_) {
    what.if_match = etag_;
  } else {
    what.if_none_match = plan_.if_none_match;
    what.if_match = plan_.if_match;
  }
  if (plan_.part_number != 0 && !began_)
    what.part_number = plan_.part_number;
  else if (again || plan_.end != to_the_end)
    what.range = {reached_, plan_.end};
  auto encoded = aws::encode_get_object(what);

  net::http_request request;
  request.method = "GET";
  request.to = {regional.tls, address.host, regional.port};
  request.target = address.path + (encoded.query.empty() ? "" : "?" + encoded.query);
  const aws::signable_request to_sign{.method = request.method,
                                      .host = address.host_header,
                                      .path = address.path,
                                      .query = encoded.query,
                                      .headers = encoded.headers,
                                      .body = {}};
  const aws::signing_scope scope{.region = attempt_region_,
                                 .service = "s3",
                                 .unix_seconds = ::time(nullptr) + tools_->clock_offset,
                                 .s3 = true};
  request.headers.push_back({"Host", address.host_header});
  for (auto& [name, value] : aws::sign_v4(to_sign, scope, *keys_))
    request.headers.push_back({std::move(name), std::move(value)});
  for (auto& [name, value] : encoded.headers)
    request.headers.push_back({std::move(name), std::move(value)});
  request.headers.push_back({"User-Agent", "lambda-cache"});
  request.sink = std::make_shared<body>(weak_from_this());
  tools_->calls.fetch_add(1, std::memory_order_relaxed);
  attempt_start_ = core::now();
  return request;
}

core::result<bool> s3_get::begin(const net::http_response& got) {
  if (got.status != 200 && got.status != 206) return false;
  const auto header = [&got](std::string_view name) { return got.find(name); };
  auto head = aws::read_object_head(got.status, header);
  if (!head) return core::fail(std::move(head.error()));
  position_ = head->range ? head->range->begin : 0;
  if (!began_) {
    if (plan_.part_number != 0 && head->range) {
      reached_ = head->range->begin;
      plan_.end = head->range->end;
    }
    if (plan_.if_match.empty()) etag_ = head->etag;
  }
  // Without an ETag there is nothing that says that two answers are of one content.
  const bool same = head->etag == etag_ && (!began_ || !etag_.empty()) &&
                    (total_ == to_the_end || !head->size || *head->size == total_);
  if (!same || position_ > reached_) {
    replaced_ = true;
    return core::fail(stop());
  }
  if (!began_) {
    if (head->size) total_ = *head->size;
    if (auto taken = to_.begin(*head, reached_); !taken) {
      refused_by_receiver_ = taken.error();
      return core::fail(std::move(taken.error()));
    }
    head_start_ = attempt_start_;
    began_ = true;
  }
  return true;
}

core::result<void> s3_get::write(std::string_view bytes) {
  // Servers that know no ranges begin anew.
  if (position_ < reached_) {
    const std::uint64_t known = std::min<std::uint64_t>(reached_ - position_, bytes.size());
    bytes.remove_prefix(static_cast<std::size_t>(known));
    position_ += known;
  }
  const std::uint64_t wanted = plan_.end > reached_ ? plan_.end - reached_ : 0;
  const std::string_view mine =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
  if (!mine.empty()) {
    if (auto taken = to_.write(reached_, mine); !taken) {
      refused_by_receiver_ = taken.error();
      return core::fail(std::move(taken.error()));
    }
    reached_ += mine.size();
    position_ = reached_;
  }
  // stop_at() may have been called meanwhile, too.
  if (mine.size() < bytes.size() || reached_ > plan_.end) {
    complete_ = true;
    return core::fail(stop());
  }
  return {};
}

net::verdict s3_get::judge(core::result<net::http_response>& got) {
  if (complete_ || replaced_ || refused_by_receiver_) return net::verdict::finish;
  const std::uint64_t came = reached_ - std::exchange(reached_before_, reached_);
  if (came > 0) attempts_ = 0;
  ++attempts_;
  const net::verdict passing =
      attempts_ < std::max(wanted_attempts_(), 1) ? net::verdict::back_off : net::verdict::finish;
  if (!got) {
    if (!got.error().retryable) return net::verdict::finish;
    const std::uint64_t last = std::min(plan_.end, total_);
    if (began_ && last != to_the_end && reached_ >= last) return net::verdict::finish;
    // Something came: that connection broke, not the service. What moves goes on at once.
    resumes_ = came >= worth_resuming;
    if (resumes_) return net::verdict::finish;
    return came > 0 ? net::verdict::back_off : passing;
  }
  if (got->status == 200 || got->status == 206) return net::verdict::finish;
  const error_info why = refusal(*got);
  if (aws::is_clock_skew(why) && correct_clock(*got)) return net::verdict::retry_once;
  return why.retryable ? passing : net::verdict::finish;
}

bool s3_get::correct_clock(const net::http_response& refused) {
  const auto theirs = aws::parse_http_date(refused.find("date"));
  if (!theirs) return false;
  const std::int64_t offset = *theirs - ::time(nullptr);
  if (std::abs(offset - tools_->clock_offset) < 30) return false;
  tools_->clock_offset = offset;
  return true;
}

error_info s3_get::refusal(const net::http_response& got) const {
  return aws::classify({.status = got.status,
                        .body = {got.body.data(), got.body.size()},
                        .error_type_header = {},
                        .request_id = got.find("x-amz-request-id")},
                       "s3", "GetObject", object_.uri.text);
}

/// Whether the refusal says that the bucket is somewhere else.
bool s3_get::learn_region(const net::http_response& refused) {
  if (refused.status != 301 && refused.status != 307 && refused.status != 400) return false;
  std::string found(refused.find("x-amz-bucket-region"));
  const auto error = aws::parse_xml_error({refused.body.data(), refused.body.size()});
  if (refused.status == 400 && (!error || (error->code != "AuthorizationHeaderMalformed" &&
                                           error->code != "IllegalLocationConstraintException")))
    return false;
  if (found.empty() && error) found = error->region;
  if (!aws::is_region(found) || found == attempt_region_ ||
      aws::partition_of(found) != aws::partition_of(settings_.region))
    return false;
  if (regions_.size() >= most_buckets) regions_.clear();
  regions_[object_.uri.bucket] = std::move(found);
  return true;
}

void s3_get::finish(core::result<net::http_response> got) {
  call_.reset();
  if (!done_) return;
  if (refused_by_receiver_) return deliver_failure(*std::exchange(refused_by_receiver_, {}));
  if (std::exchange(resumes_, false)) return start(std::move(done_));
  const auto replaced = [this] {
    answer out;
    out.how = ending::replaced;
    out.why = told(
        core::make_error(error_kind::protocol, "the object was replaced while it was being read"),
        object_);
    deliver(std::move(out));
  };
  if (replaced_) return replaced();

  answer out;
  out.request_start = head_start_;
  if (complete_) {
    out.how = ending::complete;
    return deliver(std::move(out));
  }
  const std::uint64_t last = std::min(plan_.end, total_);
  if (!got) {
    if (began_ && last != to_the_end && reached_ >= last) {
      // Only the connection's orderly end is missing.
      out.how = ending::complete;
      return deliver(std::move(out));
    }
    return deliver_failure(std::move(got.error()));
  }
  if (got->status == 200 || got->status == 206) {
    if (last != to_the_end && reached_ < last)
      return deliver_failure(core::make_error(
          error_kind::protocol, "the answer ended after " + std::to_string(reached_) + " of " +
                                    std::to_string(last) + " bytes"));
    out.how = ending::complete;
    return deliver(std::move(out));
  }
  if (got->status == 304 && !plan_.if_none_match.empty() && !began_) {
    out.how = ending::not_modified;
    out.request_start = attempt_start_;
    return deliver(std::move(out));
  }
  if (!etag_.empty() && (got->status == 412 || got->status == 416)) return replaced();

  error_info why = refusal(*got);
  if (learn_region(*got) && redirects_++ < most_redirects) return start(std::move(done_));
  if (aws::is_expired_credentials(why) && !renewed_ && tools_->credentials.renew(keys_)) {
    renewed_ = true;
    return start(std::move(done_));
  }
  deliver_failure(std::move(why));
}

void s3_get::cancel() {
  done_ = nullptr;
  if (call_) call_->cancel();
}

void s3_get::close() noexcept {
  done_ = nullptr;
  call_ = nullptr;  // what runs of it holds this, and its client belongs to the tools
  tools_ = nullptr;
}

void s3_get::deliver_failure(error_info why) {
  answer out;
  out.request_start = head_start_;
  out.why = told(std::move(why), object_);
  deliver(std::move(out));
}

void s3_get::deliver(answer result) {
  if (done_) std::exchange(done_, nullptr)(std::move(result));
}

}  // namespace lambda_cache::sources
