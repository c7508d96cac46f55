// Each thread's own view of each handle: what a hit reads, so that threads share nothing.
#pragma once

#include <lambda_cache/value.hpp>

#include "cache/slot.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace lambda_cache::wiring {

/// Hits of one cache, from slots that have handed theirs in.
using hit_counter = std::atomic<std::uint64_t>;

/// One thread's slot of one handle. Shares no cache line with those of other threads.
struct alignas(64) thread_slot {
  std::uint64_t owner = 0;  // handle_state's id; indexes are used again, ids never
  cache::slot view;
  cache::entry_ptr entry;               // changes under the list's lock only
  Value value;                          // what get() hands out a reference to
  std::atomic<std::uint64_t> hits{0};   // written by this thread only
  std::shared_ptr<hit_counter> handed;  // where the hits go in the end

  [[nodiscard]] bool is_hit(std::uint64_t id, const core::coarse_instant& now) const noexcept {
    return owner == id && view.is_hit(*entry, now);
  }
  void count_hit() noexcept {
    hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// The slots of the calling thread. They end with the thread; a read after that (from destructors
/// of other thread-locals) works on slots that are never freed.
class thread_slots {
 public:
  /// The slot of a handle; made on first use. Stays where it is as long as the thread lives.
  [[nodiscard]] static thread_slot& of(std::uint32_t index) {
    if (index < count_) [[likely]]
      return *slots_[index];
    return grow(index);
  }
  /// The same, but nothing is made: nullptr if there is none.
  [[nodiscard]] static thread_slot* find(std::uint32_t index) noexcept {
    return index < count_ ? slots_[index] : nullptr;
  }
  /// Gives a slot to a handle and its entry: what it held of another one goes.
  static void own(thread_slot& slot, std::uint64_t id, std::shared_ptr<hit_counter> counter,
                  cache::entry_ptr entry);
  /// Hits in the slots of all threads that will go to that counter.
  [[nodiscard]] static std::uint64_t not_handed_in(const hit_counter& counter);
  /// Hits of each entry in all slots that there were or are, in the order given.
  [[nodiscard]] static std::vector<std::uint64_t> hits_of(
      std::span<const cache::entry* const> entries);

  /// Around fork(): the list of the threads' slots is held meanwhile.
  static void before_fork();
  static void after_fork();

  struct table;

 private:
  static thread_slot& grow(std::uint32_t index);
  static constinit thread_local std::uint32_t count_;
  static constinit thread_local thread_slot** slots_;
};

}  // namespace lambda_cache::wiring
