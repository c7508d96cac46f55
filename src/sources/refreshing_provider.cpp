#include "sources/refreshing_provider.hpp"

#include "core/caught.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

// After failures, with old credentials that still serve: the next try comes after 1, 2, 4 ... s.
constexpr core::nanos first_pause = core::second;
constexpr core::nanos longest_pause = 60 * core::second;
constexpr unsigned most_doublings = 6;

}  // namespace

refreshing_provider::refreshing_provider(const fetch_tools& with,
                                         std::unique_ptr<key_fetcher> fetcher,
                                         std::string description)
    : tools_(with), fetcher_(std::move(fetcher)), description_(std::move(description)) {}

bool refreshing_provider::usable(std::int64_t margin) const {
  if (!current_) return false;
  return !current_->expiration || *current_->expiration - margin > tools_.now();
}

bool refreshing_provider::may_try() const {
  return failures_ == 0 || core::coarse_mono() >= next_try_;
}

void refreshing_provider::get(handler done) {
  if (usable(mandatory_)) {
    const keys serving = current_;
    // Ahead of expiry: renewed in the background while the old ones still serve.
    if (!usable(advisory_) && may_try()) fetch();
    return done(serving);
  }
  if (usable(0) && !may_try()) return done(current_);
  waiting_.push_back(std::move(done));
  fetch();
}

bool refreshing_provider::renew(const keys& refused) {
  if (fetcher_->renews() == renewal::never) return false;
  if (current_ == refused) current_ = nullptr;
  return true;
}

void refreshing_provider::fetch() noexcept {
  if (fetching_) return;
  fetching_ = true;
  try {
    fetcher_->fetch([weak = weak_from_this()](core::result<aws::credentials> got) {
      if (const auto self = weak.lock()) self->fetched(std::move(got));
    });
  } catch (...) {
    fetched(core::fail(core::caught()));
  }
}

void refreshing_provider::fetched(core::result<aws::credentials> got) noexcept {
  fetching_ = false;
  try {
    if (got) {
      keep(std::move(*got));
      return settle(current_);
    }
  } catch (...) {
    got = core::fail(core::caught());
  }
  const core::nanos pause = first_pause << std::min(failures_, most_doublings);
  next_try_ = core::coarse_mono() + std::min(pause, longest_pause);
  ++failures_;
  // Old ones that have not expired beat none.
  if (usable(0)) return settle(current_);
  settle(core::fail(std::move(got.error())));
}

void refreshing_provider::keep(aws::credentials got) {
  current_ = std::make_shared<const aws::credentials>(std::move(got));
  failures_ = 0;
  set_windows();
}

void refreshing_provider::set_windows() {
  advisory_ = aws::advisory_refresh_seconds;
  mandatory_ = aws::mandatory_refresh_seconds;
  if (fetcher_->renews() != renewal::by_share || !current_->expiration) return;
  const std::int64_t life = *current_->expiration - tools_.now();
  advisory_ = std::min(advisory_, life / 2);
  mandatory_ = std::min(mandatory_, life / 3);
}

void refreshing_provider::settle(const core::result<keys>& outcome) noexcept {
  std::vector<handler> waiting;
  waiting.swap(waiting_);
  for (handler& done : waiting) {
    core::result<keys> copy;
    try {
      copy = outcome;
    } catch (...) {
      copy = core::fail(core::caught());
    }
    try {
      done(std::move(copy));
    } catch (...) {
      tools_.loop.note_failure();
    }
  }
}

}  // namespace lambda_cache::sources
