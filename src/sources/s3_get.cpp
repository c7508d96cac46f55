#include "sources/s3_get.hpp"

#include "aws/service_error.hpp"
#include "core/caught.hpp"

#include <algorithm>
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

error_info told(error_info why, const s3_object& object) {
  // What went wrong on the way to credentials keeps its own service.
  if (why.service.empty()) {
    why.service = "s3";
    why.operation = "GetObject";
  }
  why.name = object.uri.text;
  if (why.message.find(object.uri.text) == std::string::npos)
    why.message = "Reading " + object.uri.text + " failed: " + why.message;
  return why;
}

}  // namespace

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

void s3_get::start(handler done) {
  done_ = std::move(done);
  starting_ = true;
  const auto self = shared_from_this();
  try {
    tools_->credentials_for(settings_.role)
        .get([self](core::result<credentials_provider::keys> keys) {
          try {
            if (self->done_) self->take_keys(std::move(keys));
          } catch (...) {
            if (self->starting_) throw;
            self->deliver_failure(core::caught());
          }
        });
  } catch (...) {
    starting_ = false;
    throw;
  }
  starting_ = false;
}

void s3_get::take_keys(core::result<credentials_provider::keys> keys) {
  if (keys) return send(std::move(*keys));
  if (!starting_) return deliver_failure(std::move(keys.error()));
  tools_->loop.post([self = shared_from_this(), why = std::move(keys.error())]() mutable {
    self->deliver_failure(std::move(why));
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
        try {
          self->finish(std::move(got));
        } catch (...) {
          self->deliver_failure(core::caught());
        }
      });
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
    return core::fail(stopped());
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
    return core::fail(stopped());
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
  if (aws::is_expired_credentials(why) && !renewed_ &&
      tools_->credentials_for(settings_.role).renew(keys_)) {
    renewed_ = true;
    return start(std::move(done_));
  }
  deliver_failure(std::move(why));
}

void s3_get::cancel() noexcept {
  done_ = nullptr;
  // The call ends later, or never if the loop stops first. It holds this and belongs to the tools:
  // neither may be held by this in turn.
  if (const auto call = std::exchange(call_, nullptr)) call->cancel();
  tools_ = nullptr;
}

void s3_get::close() noexcept {
  done_ = nullptr;
  call_ = nullptr;  // what runs of it holds this, and its client belongs to the tools
  tools_ = nullptr;
}

void s3_get::deliver_failure(error_info why) noexcept {
  answer out;
  out.request_start = head_start_;
  try {
    out.why = told(std::move(why), object_);
  } catch (...) {
    out.why = core::caught();
  }
  deliver(std::move(out));
}

void s3_get::deliver(answer result) {
  if (done_) std::exchange(done_, nullptr)(std::move(result));
}

}  // namespace lambda_cache::sources
