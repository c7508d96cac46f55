// What each thread saw last of memoised functions: what a hit reads, so that threads share nothing.
#pragma once

#include "cache/policy.hpp"
#include "core/clock.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace lambda_cache::wiring {

/// What is kept for the arguments of one call.
struct memo_entry;
using memo_entry_ptr = std::shared_ptr<memo_entry>;

/// A result and what it is of.
struct memo_result {
  std::shared_ptr<const void> key;
  std::shared_ptr<const void> value;

  /// The value; it keeps the key alive as well.
  [[nodiscard]] static std::shared_ptr<const void> share(
      std::shared_ptr<const memo_result> from) noexcept {
    const void* const value = from->value.get();
    return {std::move(from), value};
  }
};

/// One result as one thread saw it. Belongs to the thread; only the hits are read by others. Keeps
/// nothing of the user's alive: results end where they are forgotten, not with a thread.
struct memo_line {
  std::uint64_t owner = 0;  // the memo_state's id; ids are never used again
  std::size_t hash = 0;
  std::uint64_t generation = 0;  // of the entry when `result` was
  std::uint64_t clears = 0;      // of the cache then
  core::nanos wall = 0;          // when the computation started
  core::nanos mono = 0;
  core::nanos max_age = 0;
  memo_entry_ptr entry;
  std::weak_ptr<const memo_result> result;
  std::atomic<std::uint64_t> hits{0};
  std::shared_ptr<std::atomic<std::uint64_t>> handed;  // where the hits go in the end

  void count_hit() noexcept {
    hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void hand_in_hits() noexcept {
    if (handed) handed->fetch_add(hits.exchange(0, std::memory_order_relaxed));
  }
};

/// The lines of the calling thread, for all functions together. They end with the thread; a call
/// after that (from destructors of other thread-locals) finds none.
class memo_lines {
 public:
  static constexpr std::size_t count = 64;

  /// The place of that key; nullptr: this thread has none (any more).
  [[nodiscard]] static memo_line* find(std::uint64_t owner, std::size_t hash) noexcept {
    return current_ == nullptr ? nullptr : &(*current_)[(hash ^ owner) % count];
  }
  /// Makes the calling thread's lines, where it has none yet. Not under a lock.
  static void open();
  /// Hits that go to `counter` and are still in the lines of any thread. Under memo_state's lock.
  [[nodiscard]] static std::uint64_t not_handed_in(
      const std::atomic<std::uint64_t>& counter) noexcept;

 private:
  using table = std::array<memo_line, count>;
  struct ending;
  static constinit thread_local table* current_;
  static constinit thread_local bool is_over_;
};

}  // namespace lambda_cache::wiring
