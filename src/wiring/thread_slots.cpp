#include "wiring/thread_slots.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

constinit thread_local std::uint32_t thread_slots::count_ = 0;
constinit thread_local thread_slot** thread_slots::slots_ = nullptr;

namespace {

/// All tables of all threads; never destroyed. The mutex guards the list, the growth of tables and
/// the change of a slot's owner; hits take no lock.
struct registry {
  std::mutex mutex;
  std::vector<thread_slots::table*> tables;
};

registry& all() {
  static auto* const only = new registry();
  return *only;
}

void hand_in(thread_slot& slot) {
  if (!slot.handed) return;
  const std::uint64_t hits = slot.hits.exchange(0, std::memory_order_relaxed);
  slot.handed->fetch_add(hits, std::memory_order_relaxed);
  slot.entry->slot_hits.fetch_add(hits, std::memory_order_relaxed);
}

constinit thread_local bool ended = false;

}  // namespace

struct thread_slots::table {
  std::vector<thread_slot*> slots;

  table() {
    const std::lock_guard lock(all().mutex);
    all().tables.push_back(this);
  }
  ~table() {
    {
      const std::lock_guard lock(all().mutex);
      std::erase(all().tables, this);
      for (thread_slot* slot : slots)
        hand_in(*slot);
    }
    count_ = 0;
    slots_ = nullptr;
    ended = true;
    for (thread_slot* slot : slots)
      delete slot;
  }
  table(const table&) = delete;
  table& operator=(const table&) = delete;
};

thread_slot& thread_slots::grow(std::uint32_t index) {
  table* mine = nullptr;
  if (ended) {
    // The thread's table is gone already; this one is left to the process.
    static thread_local table* afterwards = nullptr;
    if (afterwards == nullptr) afterwards = new table();
    mine = afterwards;
  } else {
    static thread_local table regular;
    mine = &regular;
  }
  const std::lock_guard lock(all().mutex);
  while (mine->slots.size() <= index)
    mine->slots.push_back(new thread_slot());
  slots_ = mine->slots.data();
  count_ = static_cast<std::uint32_t>(mine->slots.size());
  return *mine->slots[index];
}

void thread_slots::own(thread_slot& slot, std::uint64_t id, std::shared_ptr<hit_counter> counter,
                       cache::entry_ptr entry) {
  // What the slot held ends after the lock is released.
  const Value value = std::exchange(slot.value, {});
  const cache::slot view = std::exchange(slot.view, {});
  const std::lock_guard lock(all().mutex);
  hand_in(slot);
  slot.entry.swap(entry);
  slot.owner = id;
  slot.handed = std::move(counter);
}

std::uint64_t thread_slots::not_handed_in(const hit_counter& counter) {
  std::uint64_t sum = 0;
  const std::lock_guard lock(all().mutex);
  for (const table* of : all().tables)
    for (const thread_slot* slot : of->slots)
      if (slot->handed.get() == &counter) sum += slot->hits.load(std::memory_order_relaxed);
  return sum;
}

std::vector<std::uint64_t> thread_slots::hits_of(std::span<const cache::entry* const> entries) {
  std::unordered_map<const cache::entry*, std::uint64_t> live;
  std::vector<std::uint64_t> out;
  out.reserve(entries.size());
  const std::lock_guard lock(all().mutex);
  for (const table* of : all().tables)
    for (const thread_slot* slot : of->slots)
      if (slot->entry) live[slot->entry.get()] += slot->hits.load(std::memory_order_relaxed);
  for (const cache::entry* each : entries) {
    const auto found = live.find(each);
    out.push_back(each->slot_hits.load(std::memory_order_relaxed) +
                  (found == live.end() ? 0 : found->second));
  }
  return out;
}

void thread_slots::before_fork() {
  all().mutex.lock();
}
void thread_slots::after_fork() {
  all().mutex.unlock();
}

}  // namespace lambda_cache::wiring
