#include "sources/s3_source.hpp"

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
  for (const auto& flight : flights)
    start(flight);
}

void s3_source::start(const cache::flight_ptr& flight) {
  const cache::entry& entry = *flight->target();
  auto object = object_of(entry);
  if (!object) return engine_.fail(flight, object.error(), core::current_moment());
  std::shared_ptr<const core::object_data> before;
  if (const auto current = engine_.current(entry).first)
    before = std::static_pointer_cast<const core::object_data>(current->as<core::value_data>());
  const auto download =
      std::make_shared<s3_download>(tools_, settings_, std::move(*object), state_->regions, flight,
                                    std::move(before), progress_of(entry));
  state_->downloads[flight->id()] = download;
  download->start([this, flight](s3_download::answer got) {
    state_->downloads.erase(flight->id());
    if (!got.value) return engine_.fail(flight, got.value.error(), core::current_moment());
    const std::size_t bytes = (*got.value)->object_footprint();
    // As the base class: readers of any source take it for that.
    engine_.complete(flight, std::shared_ptr<const core::value_data>(std::move(*got.value)), bytes,
                     got.request_start, flight->target()->pinned);
  });
}

void s3_source::abandon(const cache::flight_ptr& flight) {
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
