// What a memoised function keeps, and for how long.
#include "cache/policy.hpp"
#include "wiring/memo_state.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::wiring {
namespace {

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

[[noreturn]] void refuse(const char* message) {
  throw error(core::make_error(error_kind::invalid_argument, message));
}

memo_options checked(memo_options how) {
  if (how.max_age && how.max_age->count() < 0)
    refuse("max_age is negative: give 0 (always compute) or more.");
  if (how.stale_if_error.count() < 0) refuse("stale_if_error is negative: give 0 (never) or more.");
  if (how.max_entries == 0) refuse("max_entries is 0: give 1 or more.");
  return how;
}

}  // namespace

memo_state::memo_state(std::shared_ptr<wired_cache> in, memo_options how)
    : cache_(std::move(in)), how_(checked(std::move(how))), id_(next_id()) {
  const core::lock_guard lock(lock_);
  clears_ = cache_->clears();
}

memo_state::~memo_state() {
  garbage drop;
  const core::lock_guard lock(lock_);
  forget_all(drop);
}

core::nanos memo_state::max_age() {
  if (how_.max_age) return how_.max_age->count();
  auto configured = cache_->default_max_age();
  if (!configured) throw error(std::move(configured.error()));
  return *configured;
}

erased memo_state::hit(const memo_call& call) const {
  const core::coarse_instant now = core::coarse_now();
  memo_line* const line = memo_lines::find(id_, call.hash());
  if (line == nullptr || line->owner != id_ || line->hash != call.hash() ||
      line->generation != line->entry->generation.load(std::memory_order_acquire) ||
      line->clears != cache_->clears() ||
      !cache::quick_fresh(now.wall - line->wall, now.mono - line->mono, line->max_age))
    return {};
  std::shared_ptr<const memo_result> result = line->result.lock();
  if (!result || !call.is(result->key.get())) return {};
  line->entry->touch(now.mono);
  line->count_hit();
  return memo_result::share(std::move(result));
}

erased memo_state::peek(const memo_call& call) {
  if (erased found = hit(call)) return found;
  const core::nanos limit = max_age();
  memo_lines::open();
  garbage drop;
  const core::lock_guard lock(lock_);
  forget_cleared(drop);
  const memo_entry_ptr entry = find(call);
  if (!entry || !entry->value || limit == 0 ||
      !cache::is_fresh(cache::age_of(entry->started, core::now()), limit))
    return {};
  ++seen_.hits;
  fill_line(call, entry, limit, drop);
  return memo_result::share(entry->value);
}

void memo_state::invalidate(const memo_call& call) {
  garbage drop;
  const core::lock_guard lock(lock_);
  if (const memo_entry_ptr entry = find(call)) detach(*entry, drop);
}

void memo_state::clear() {
  garbage drop;
  const core::lock_guard lock(lock_);
  forget_all(drop);
}

memo_info memo_state::info() {
  garbage drop;
  const core::lock_guard lock(lock_);
  forget_cleared(drop);
  memo_info out = seen_;
  out.hits += line_hits_->load() + memo_lines::not_handed_in(*line_hits_);
  out.entries = by_use_.size();
  out.max_entries = how_.max_entries;
  return out;
}

memo_entry_ptr memo_state::find(const memo_call& call) {
  const auto [first, last] = entries_.equal_range(call.hash());
  const auto found =
      std::find_if(first, last, [&](const auto& each) { return call.is(each.second->key.get()); });
  return found == last ? nullptr : found->second;
}

memo_entry_ptr memo_state::add(const memo_call& call, erased key) {
  auto made = std::make_shared<memo_entry>();
  made->hash = call.hash();
  made->key = std::move(key);
  entries_.emplace(made->hash, made);
  return made;
}

void memo_state::forget_cleared(garbage& out) {
  if (std::exchange(clears_, cache_->clears()) != cache_->clears()) forget_all(out);
}

void memo_state::forget_all(garbage& out) {
  out.reserve(out.size() + 3 * entries_.size());
  while (!entries_.empty())
    detach(*entries_.begin()->second, out);
}

void memo_state::detach(memo_entry& entry, garbage& out) {
  if (!entry.is_attached) return;
  entry.is_attached = false;
  ++entry.generation;
  out.push_back(std::exchange(entry.key, nullptr));
  if (entry.value) {
    by_use_.erase(entry.place);
    out.push_back(std::move(entry.value));
    entry.value = nullptr;
  }
  const auto [first, last] = entries_.equal_range(entry.hash);
  const auto found =
      std::find_if(first, last, [&](const auto& each) { return each.second.get() == &entry; });
  out.push_back(std::move(found->second));
  entries_.erase(found);
}

void memo_state::drop_if_empty(memo_entry& entry, garbage& out) {
  if (!entry.value && entry.flights == 0) detach(entry, out);
}

void memo_state::keep(const memo_flight& from, garbage& out) {
  memo_entry& entry = *from.entry;
  if (!entry.is_attached || (entry.value && entry.number > from.number)) return;
  if (entry.value) {
    out.push_back(std::move(entry.value));
    by_use_.splice(by_use_.end(), by_use_, entry.place);
  } else {
    entry.place = by_use_.insert(by_use_.end(), &entry);
  }
  entry.value = std::make_shared<const memo_result>(entry.key, from.value);
  entry.started = from.started;
  entry.number = from.number;
  entry.failures = 0;
  entry.back_off = 0;
  ++entry.generation;
  entry.touch(core::coarse_mono());
  entry.placed = entry.last_used.load(std::memory_order_relaxed);
  evict(out);
}

void memo_state::evict(garbage& out) {
  while (by_use_.size() > how_.max_entries) {
    memo_entry& oldest = *by_use_.front();
    const std::uint32_t used = oldest.last_used.load(std::memory_order_relaxed);
    if (used == oldest.placed) {
      detach(oldest, out);
      continue;
    }
    // Hits only leave a mark: whoever was used since goes to the end of the line now.
    oldest.placed = used;
    by_use_.splice(by_use_.end(), by_use_, oldest.place);
  }
}

void memo_state::fill_line(const memo_call& call, const memo_entry_ptr& entry, core::nanos max_age,
                           garbage& out) {
  memo_line* const line = memo_lines::find(id_, call.hash());
  if (line == nullptr || !entry->is_attached || !entry->value) return;
  const core::instant now = core::now();
  // Both clocks count on from the age believed now: after a freeze they agree again.
  const core::nanos age = cache::age_of(entry->started, now).age;
  line->hand_in_hits();
  line->handed = line_hits_;
  line->owner = id_;
  line->hash = call.hash();
  line->generation = entry->generation.load(std::memory_order_relaxed);
  line->clears = clears_;
  line->wall = now.wall - age;
  line->mono = now.mono - age;
  line->max_age = max_age;
  out.push_back(std::exchange(line->entry, entry));
  line->result = entry->value;
}

bool memo_state::is_servable(const memo_entry& entry, core::nanos max_age) const {
  if (!entry.value || max_age == 0 || how_.stale_if_error.count() == 0) return false;
  return cache::age_of(entry.started, core::now()).age <
         cache::saturating_add(max_age, how_.stale_if_error.count());
}

}  // namespace lambda_cache::wiring
