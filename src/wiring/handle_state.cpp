#include "wiring/handle_state.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {
namespace {

/// Slot indexes are handed out again, so that tables stay as small as the number of live handles.
struct index_pool {
  std::mutex mutex;
  std::vector<std::uint32_t> free;
  std::uint32_t next = 0;
  std::uint64_t last_id = 0;
};

index_pool& pool() {
  static auto* const only = new index_pool();
  return *only;
}

std::uint32_t take_index() {
  const std::lock_guard lock(pool().mutex);
  if (pool().free.empty()) return pool().next++;
  const std::uint32_t index = pool().free.back();
  pool().free.pop_back();
  return index;
}

std::uint64_t take_id() {
  const std::lock_guard lock(pool().mutex);
  return ++pool().last_id;
}

}  // namespace

handle_state::handle_state(std::shared_ptr<wired_cache> in, entry_spec spec, view_options view,
                           std::string name)
    : cache_(std::move(in)),
      spec_(std::move(spec)),
      view_(std::move(view)),
      name_(std::move(name)),
      index_(take_index()),
      id_(take_id()) {}

handle_state::~handle_state() {
  const std::lock_guard lock(pool().mutex);
  pool().free.push_back(index_);
}

constinit core::mutex handle_state::binding_;

void handle_state::before_fork() {
  pool().mutex.lock();
  binding_.lock();
}

void handle_state::after_fork() {
  binding_.unlock();
  pool().mutex.unlock();
}

core::result<bound_entry> handle_state::bind() {
  {
    const core::lock_guard lock(binding_);
    if (bound_.entry && bound_.epoch == cache_->epoch()) return bound_;
  }
  auto made = cache_->bind(spec_);
  if (made) {
    const core::lock_guard lock(binding_);
    bound_ = *made;
  }
  return made;
}

void handle_state::own(thread_slot& slot, const bound_entry& at) const {
  if (slot.owner != id_ || slot.entry != at.entry)
    thread_slots::own(slot, id_, cache_->slot_hits(), at.entry);
}

core::result<void> handle_state::refill(thread_slot& slot, const bound_entry& at,
                                        const cache::snapshot_ptr& value) const {
  own(slot, at);
  // A value that was found to be current still has been looked at already.
  const bool seen_before = slot.view.value && slot.view.value->value == value->value;
  slot.view.take(nullptr, 0, 0);  // never a hit, unless all goes well
  if (!seen_before) {
    auto seen = look_at(view_, value->as<core::value_data>(), name_);
    if (!seen) return core::fail(std::move(seen.error()));
    slot.value = Value(std::move(*seen));
  }
  auto [present, generation] = cache_->engine().current(*at.entry);
  // A file has to be looked at by every read, which a slot's hit does not; and what was bound
  // before a reset is for this read only. A reset after this look changes the generation.
  if (present == value && !at.is_file && at.epoch == cache_->epoch())
    slot.view.take(std::move(present), generation, at.max_age, at.refresh_ahead, core::now());
  else
    slot.view.value = value;
  return {};
}

core::result<void> handle_state::take(thread_slot& slot, const bound_entry& at,
                                      cache::outcome& got) const {
  if (got.ok()) return refill(slot, at, got.value);
  if (got.failure->kind != error_kind::not_found || !view_.default_value)
    return core::fail(std::move(*got.failure));
  own(slot, at);
  slot.view.take(nullptr, 0, 0);
  slot.value = Value(default_of(view_));
  return {};
}

}  // namespace lambda_cache::wiring
