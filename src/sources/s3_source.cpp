#include "sources/s3_source.hpp"

#include "core/caught.hpp"

#include <new>
#include <utility>

namespace lambda_cache::sources {

s3_source::s3_source(cache::engine& engine, std::shared_ptr<tools> with, s3_settings settings)
    : engine_(engine),
      settings_(std::move(settings)),
      tools_(std::move(with)),
      state_(std::make_unique<state>()) {}

s3_source::~s3_source() = default;

void s3_source::fetch(std::vector<cache::flight_ptr> flights) {
  for (const auto& flight : flights) {
    try {
      start(flight);
    } catch (...) {
      abort(flight);
    }
  }
}

void s3_source::start(const cache::flight_ptr& flight) {
  const cache::entry& entry = *flight->target();
  auto object = object_of(entry);
  if (!object) return engine_.fail(flight, object.error(), core::current_moment());
  const cache::snapshot_ptr known = engine_.current(entry).first;
  std::shared_ptr<const core::object_data> before;
  if (known)
    before = std::static_pointer_cast<const core::object_data>(known->as<core::value_data>());
  const auto download =
      std::make_shared<s3_download>(tools_, settings_, std::move(*object), state_->regions, flight,
                                    std::move(before), progress_of(entry));
  state_->downloads[flight->id()] = download;
  download->start([this, flight, known](s3_download::answer got) {
    try {
      finish(flight, known, std::move(got));
    } catch (...) {
      abort(flight);
    }
  });
}

void s3_source::finish(const cache::flight_ptr& flight, const cache::snapshot_ptr& known,
                       s3_download::answer got) {
  state_->downloads.erase(flight->id());
  const core::moment now = core::current_moment();
  if (!got.value) return engine_.fail(flight, got.value.error(), now);
  // As the base class: readers of any source take it for that.
  std::shared_ptr<const core::value_data> value = *got.value;
  if (known && known->value == value)
    return engine_.revalidate(flight, *known, got.request_start, 0, now);
  engine_.complete(flight,
                   {.value = std::move(value),
                    .bytes = (*got.value)->object_footprint(),
                    .request_start = got.request_start,
                    .pinned = flight->target()->pinned},
                   now);
}

void s3_source::abort(const cache::flight_ptr& flight) noexcept {
  abandon(flight);
  engine_.abort(flight, core::caught(), core::current_moment());
}

void s3_source::abandon(const cache::flight_ptr& flight) noexcept {
  const auto found = state_->downloads.find(flight->id());
  if (found == state_->downloads.end()) return;
  const auto download = std::move(found->second);
  state_->downloads.erase(found);
  download->cancel();
}

void s3_source::set_progress(const cache::entry& of, progress_callback tell) {
  const core::lock_guard lock(mutex_);
  if (tell)
    progress_[of.key] = std::move(tell);
  else
    progress_.erase(of.key);
}

progress_callback s3_source::progress_of(const cache::entry& entry) {
  const core::lock_guard lock(mutex_);
  const auto found = progress_.find(entry.key);
  return found == progress_.end() ? progress_callback{} : found->second;
}

void s3_source::close() noexcept {
  for (const auto& [flight, download] : state_->downloads)
    download->close();
  state_->downloads.clear();
  tools_.reset();
}

void s3_source::after_fork_in_child(std::shared_ptr<tools> with) {
  for (const auto& [flight, download] : state_->downloads)
    download->let_go();
  ::new (&tools_) std::shared_ptr<tools>(std::move(with));  // the old ones are left, not destroyed
  (void)state_.release();
  state_ = std::make_unique<state>();
}

}  // namespace lambda_cache::sources
