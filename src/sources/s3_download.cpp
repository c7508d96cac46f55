#include "sources/s3_download.hpp"

#include "core/caught.hpp"
#include "sources/s3_streams.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// Objects that are replaced all the time have to end somehow.
constexpr int most_restarts = 3;

}  // namespace

s3_download::s3_download(std::shared_ptr<tools> with, const s3_settings& settings, s3_object object,
                         bucket_regions& regions, cache::flight_ptr flight,
                         std::shared_ptr<const core::object_data> base, progress_callback progress)
    : tools_(std::move(with)),
      settings_(settings),
      object_(std::move(object)),
      regions_(regions),
      flight_(std::move(flight)),
      progress_(std::move(progress)),
      owner_(owner_of(object_, settings_.endpoint, !settings_.options.url.empty())) {
  choose_base(std::move(base));
}

s3_download::~s3_download() = default;

/// What is there already, if it is whole: the value from before, or a file that another process of
/// ours, or one before this, has left.
void s3_download::choose_base(std::shared_ptr<const core::object_data> before) {
  if (before && before->etag.empty()) before = nullptr;
  if (object_.in_memory()) {
    base_ = std::move(before);
    return;
  }
  const auto found = core::find_marked_file(object_.file);
  if (before && before->kind == core::value_kind::file &&
      (found ? found->stamp == before->stamp : core::is_intact(*before))) {
    base_ = std::move(before);
    return;
  }
  if (!found || found->mark.owner != owner_ || found->mark.etag.empty()) return;
  auto adopted = std::make_shared<core::object_data>();
  adopted->kind = core::value_kind::file;
  adopted->content.assign(object_.file.begin(), object_.file.end());
  adopted->etag = found->mark.etag;
  adopted->version_id = object_.version_id;
  adopted->size = found->stamp.size;
  adopted->stamp = found->stamp;
  adopted->owner = owner_;
  base_ = std::move(adopted);
}

void s3_download::start(handler done) {
  done_ = std::move(done);
  watch_deadline();
  begin();
}

void s3_download::begin() {
  target_ = object_.in_memory() ? make_memory_target(settings_.max_bytes_in_memory)
                                : make_file_target(object_.file, owner_);
  s3_get::plan what;
  if (base_) what.if_none_match = base_->etag;
  first_ = std::make_unique<stream>(*this, true, 0);
  first_->get = std::make_shared<s3_get>(tools_, settings_, object_, regions_, std::move(what),
                                         *first_, [this] { return flight_->max_attempts(); });
  first_->get->start([this](s3_get::answer got) { guarded([&] { on_first(std::move(got)); }); });
}

/// From the beginning, with nothing of what came.
void s3_download::again() {
  drop_streams();
  begin();
}

void s3_download::drop_streams() noexcept {
  check_.reset();
  probe_.reset();
  others_.clear();
  first_.reset();
  target_.reset();
  head_.reset();
  came_ = 0;
  part_ends_.clear();
  ends_are_guessed_ = false;
}

core::result<void> s3_download::on_head(const aws::object_head& head, std::uint64_t from) {
  if (from != 0)
    return core::fail(
        core::make_error(error_kind::protocol, "a part came where the whole object was asked for"));
  if (auto ready = target_->begin(head.size); !ready) return ready;
  head_ = head;
  frontier_ = head.size.value_or(s3_get::to_the_end);
  // Calls may not be started from here.
  if (head.size && !head.etag.empty() && *head.size > 2 * settings_.part_size)
    tools_->loop.post([weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->done_ && self->head_)
        self->guarded([&] { self->add_streams(); });
    });
  return {};
}

/// Gives the parts at the end to more connections, as long as enough is left for the first.
void s3_download::add_streams() {
  const auto open = std::ranges::count_if(others_, [](const auto& o) { return !o->is_complete; });
  for (auto i = open; i < settings_.connections - 1; ++i) {
    if (first_->is_complete || frontier_ < first_->get->reached() + 2 * settings_.part_size) return;
    s3_get::plan what;
    what.if_match = head_->etag;
    what.end = frontier_;
    what.begin = (frontier_ - 1) / settings_.part_size * settings_.part_size;
    frontier_ = what.begin;
    first_->get->stop_at(frontier_);
    auto& other = *others_.emplace_back(std::make_unique<stream>(*this, false, what.begin));
    other.get = std::make_shared<s3_get>(tools_, settings_, object_, regions_, std::move(what),
                                         other, [this] { return flight_->max_attempts(); });
    other.get->start(
        [this, &other](s3_get::answer got) { guarded([&] { on_part(other, std::move(got)); }); });
  }
}

void s3_download::count(std::uint64_t bytes) {
  came_ += bytes;
  if (!progress_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - told_at_ < settings_.progress_interval) return;
  told_at_ = now;
  progress_(came_, head_->size.value_or(0));
}

/// Whether the answer ends this try; then it has been dealt with.
bool s3_download::stopped_by(s3_get::answer& got) {
  if (got.how == s3_get::ending::complete) return false;
  if (got.how == s3_get::ending::replaced && restarts_++ < most_restarts) {
    again();
  } else {
    fail(std::move(got.why));
  }
  return true;
}

void s3_download::on_first(s3_get::answer got) {
  if (got.how == s3_get::ending::not_modified) return unchanged(got.request_start);
  if (stopped_by(got)) return;
  request_start_ = got.request_start;
  first_->is_complete = true;
  check_if_all_there();
}

void s3_download::on_part(stream& of, s3_get::answer got) {
  if (stopped_by(got)) return;
  of.is_complete = true;
  add_streams();
  check_if_all_there();
}

void s3_download::check_if_all_there() {
  if (!first_->is_complete ||
      !std::ranges::all_of(others_, [](const auto& other) { return other->is_complete; }))
    return;
  if (!head_->size) head_->size = first_->get->reached();
  if (came_ != *head_->size)
    return fail(core::make_error(error_kind::protocol, "Of " + std::to_string(*head_->size) +
                                                           " bytes came " + std::to_string(came_)));
  verify();
}

void s3_download::commit() {
  const std::uint64_t size = *head_->size;
  auto value = target_->finish(*head_, size);
  if (!value) return fail(std::move(value.error()));
  if (progress_) progress_(size, size);
  answer out;
  out.value = std::move(*value);
  out.request_start = request_start_;
  deliver(std::move(out));
}

void s3_download::unchanged(const core::instant& request_start) {
  if (!core::is_intact(*base_)) {
    // Somebody removed it meanwhile.
    base_ = nullptr;
    return again();
  }
  answer out;
  out.value = base_;
  out.request_start = request_start;
  deliver(std::move(out));
}

/// Ends it when the last waiter's time is over; waiters that joined meanwhile move that.
void s3_download::watch_deadline() {
  const core::deadline latest = flight_->deadline();
  if (timer_ != 0 && latest <= std::chrono::steady_clock::now()) {
    timer_ = 0;
    std::string message = "No complete answer before the deadline of the read";
    if (head_ && head_->size)
      message +=
          ": " + std::to_string(came_) + " of " + std::to_string(*head_->size) + " bytes had come";
    return fail(core::make_error(error_kind::timeout, message + "."));
  }
  tools_->loop.cancel(timer_);
  timer_ = 0;
  if (latest == core::no_deadline) return;
  timer_ = tools_->loop.at(latest, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && self->done_)
      self->guarded([&] { self->watch_deadline(); });
  });
}

error_info s3_download::named(error_info why) const {
  // What went wrong on the way to credentials keeps its own service.
  if (why.service.empty()) {
    why.service = "s3";
    why.operation = "GetObject";
  }
  why.name = object_.uri.text;
  if (why.message.find(object_.uri.text) == std::string::npos)
    why.message = "Reading " + object_.uri.text + " failed: " + why.message;
  return why;
}

void s3_download::fail(error_info why) noexcept {
  answer out;
  try {
    out.value = core::fail(named(std::move(why)));
  } catch (...) {
    out.value = core::fail(core::caught());
  }
  out.request_start = request_start_;
  deliver(std::move(out));
}

void s3_download::deliver(answer result) {
  const auto self = shared_from_this();
  auto done = std::exchange(done_, nullptr);
  cancel();
  if (done) done(std::move(result));
}

void s3_download::cancel() noexcept {
  done_ = nullptr;
  if (tools_) tools_->loop.cancel(std::exchange(timer_, 0));
  drop_streams();
}

void s3_download::close() noexcept {
  done_ = nullptr;
  for (const auto& other : others_)
    if (other->get) std::exchange(other->get, nullptr)->close();
  if (first_ && first_->get) std::exchange(first_->get, nullptr)->close();
  if (probe_ && probe_->get) std::exchange(probe_->get, nullptr)->close();
  drop_streams();
  tools_ = nullptr;
}

void s3_download::let_go() noexcept {
  if (target_) target_->let_go();
}

}  // namespace lambda_cache::sources
