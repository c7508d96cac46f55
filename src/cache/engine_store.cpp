// What the engine keeps: entries, their values, the bounds; and what a fork leaves of it.
#include "cache/engine_section.hpp"
#include "cache/policy.hpp"

#include <algorithm>
#include <new>

namespace lambda_cache::cache {

entry_ptr engine::open(std::string key, std::string locator, const std::shared_ptr<source>& from,
                       bool pinned) {
  std::vector<entry_ptr> swept;  // destroyed last: a source may go with its last entry
  const section lock(*this);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  if (entries_.size() >= sweep_at_) sweep(swept);
  auto made = std::make_shared<entry>(std::move(key), std::move(locator), from, pinned);
  entries_.emplace(made->key, made);
  return made;
}

std::pair<snapshot_ptr, std::uint64_t> engine::current(const entry& of) const {
  const core::lock_guard lock(mutex_);
  return {of.current, of.generation.load(std::memory_order_relaxed)};
}

std::vector<entry_report> engine::entries(const core::instant& now) const {
  std::vector<entry_report> out;
  const core::lock_guard lock(mutex_);
  out.reserve(entries_.size());
  for (const auto& [key, e] : entries_) {
    entry_report& one = out.emplace_back();
    one.target = e;
    one.counted = e->counters;
    one.is_loading = e->running || e->next;
    if (e->failure) {
      one.failing = e->failure->kind;
      one.failing_passes = e->back_off != 0;
      one.failed_for = age_of(e->failed_at, now).age;
    }
    if (!e->current) continue;
    one.has_value = true;
    one.age = age_of(e->current->request_start, now).age;
    one.bytes = e->current->bytes;
    one.pinned = e->current->pinned;
    one.lifetime = e->current->lifetime(core::infinite);
  }
  return out;
}

counters engine::count() const {
  const core::lock_guard lock(mutex_);
  return counters_;
}

void engine::replace_value(entry& e, snapshot_ptr value) {
  if (!e.current && !value) return;
  if (e.current) {
    dropped_.push_back(e.current);
    counters_.bytes -= e.current->bytes;
    --counters_.entries;
  }
  if (value) {
    counters_.bytes += value->bytes;
    ++counters_.entries;
  }
  e.current = std::move(value);
  e.generation.fetch_add(1, std::memory_order_release);
}

/// Keeps the value unless one that was requested later is there.
void engine::keep(entry& e, const snapshot_ptr& value) {
  // The wall clock may have gone back in between; the monotonic one has not.
  if (e.current && e.current->request_start.mono > value->request_start.mono) return;
  try {
    if (value->bytes > bounds_.max_bytes || bounds_.max_entries == 0) {
      replace_value(e, nullptr);
      ++counters_.oversized;
    } else {
      replace_value(e, value);
      evict_for(e);
    }
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // Not kept, or one too many until the next load: the waiters get their value all the same.
  }
  e.failure.reset();
  e.back_off = 0;
  e.failures = 0;
}

void engine::evict_for(const entry& newcomer) {
  while (counters_.entries > bounds_.max_entries || counters_.bytes > bounds_.max_bytes) {
    entry* oldest = nullptr;
    for (const auto& [key, candidate] : entries_) {
      if (!candidate->current || candidate.get() == &newcomer) continue;
      if (oldest == nullptr || candidate->last_used.load(std::memory_order_relaxed) <
                                   oldest->last_used.load(std::memory_order_relaxed))
        oldest = candidate.get();
    }
    if (oldest == nullptr) return;
    replace_value(*oldest, nullptr);
    ++counters_.evictions;
  }
}

void engine::invalidate(const entry_ptr& of) {
  const section lock(*this);
  forget(*of);
}

void engine::clear() {
  const section lock(*this);
  forget_all();
}

void engine::clear_out() {
  std::vector<entry_ptr> swept;  // destroyed last: a source may go with its last entry
  const section lock(*this);
  forget_all();
  sweep(swept);
}

void engine::forget_all() {
  dropped_.reserve(counters_.entries);
  for (const auto& [key, e] : entries_)
    forget(*e);
}

void engine::forget(entry& e) {
  replace_value(e, nullptr);
  ++e.invalidations;
  e.forgotten = true;
  e.failure.reset();
  e.back_off = 0;
  e.failures = 0;
}

/// Forgets entries that nobody holds (a flight holds its own) and that hold nothing.
void engine::sweep(std::vector<entry_ptr>& swept) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const entry_ptr& e = at->second;
    if (e.use_count() != 1 || e->current) {
      ++at;
      continue;
    }
    swept.push_back(e);  // keeps the key alive, which the map only views
    at = entries_.erase(at);
  }
  sweep_at_ = std::max(sweep_at_, 2 * entries_.size());
}

void engine::before_fork() {
  mutex_.lock();
}

void engine::after_fork_in_parent() {
  mutex_.unlock();
}

void engine::after_fork_in_child(std::uint64_t seed) {
  // The waiters' threads are not here, and their objects may have been half-way through anything:
  // they are left alone, not destroyed.
  static std::vector<std::vector<seat>>* forgotten = new std::vector<std::vector<seat>>();
  for (const auto& [key, e] : entries_) {
    for (flight_ptr* flying : {&e->running, &e->next}) {
      if (!*flying) continue;
      (*flying)->state_ = flight_state::abandoned;
      forgotten->push_back(std::move((*flying)->seats_));
      (*flying)->seats_.clear();
      flying->reset();
    }
  }
  queue_.clear();
  abandoned_.clear();
  counters_.flights = 0;
  is_gathering_ = false;
  random_.reseed(seed);
  mutex_.unlock();
}

}  // namespace lambda_cache::cache
