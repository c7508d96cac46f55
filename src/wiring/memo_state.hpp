// The results of one memoised function: who computes, who waits, what is kept.
#pragma once

#include <lambda_cache/function.hpp>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"
#include "wiring/memo_lines.hpp"
#include "wiring/wired_cache.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

namespace lambda_cache::wiring {

using detail::erased;
using detail::memo_call;

struct memo_flight;
using memo_flight_ptr = std::shared_ptr<memo_flight>;

struct memo_entry {
  std::size_t hash = 0;
  // Read by every hit, written only when something changed.
  alignas(64) std::atomic<std::uint64_t> generation{0};  // changes whenever `value` does
  std::atomic<std::uint32_t> last_used{0};               // as cache::entry::last_used

  void touch(core::nanos mono) noexcept {
    const auto tick = static_cast<std::uint32_t>(mono >> 29);
    if (last_used.load(std::memory_order_relaxed) != tick)
      last_used.store(tick, std::memory_order_relaxed);
  }

  // Guarded by memo_state's lock.
  alignas(64) bool is_attached = true;  // false: invalidated, evicted, cleared
  erased key;                           // null once detached
  std::shared_ptr<const memo_result> value;
  core::instant started{};
  std::uint64_t number = 0;                  // of its flight: later ones have larger numbers
  memo_flight_ptr current;                   // the computation that others may join
  memo_flight_ptr next;                      // the one that begins when that ends
  std::size_t flights = 0;                   // that have not ended
  std::list<memo_entry*>::iterator place{};  // among those with a value, by last use
  std::uint32_t placed = 0;                  // last_used when it was put there
  int failures = 0;                          // passing ones in a row
  core::nanos back_off = 0;
  core::instant failed_at{};
};

/// One thread that waits. Lives on its stack.
struct memo_seat {
  std::thread::id thread;
  std::condition_variable woken;
  bool is_woken = false;
  bool leads = false;  // it is to compute
};

/// One computation.
struct memo_flight {
  enum class state { queued, flying, settled, ended };
  explicit memo_flight(memo_entry_ptr of) : entry(std::move(of)) {}
  memo_entry_ptr entry;
  state at = state::queued;
  std::thread::id leader;
  core::instant started{};
  std::uint64_t number = 0;
  bool is_lost = false;  // its thread did not come through a fork
  bool is_passing = false;
  erased value;
  std::exception_ptr error;
  std::vector<memo_seat*> seats;
};

class memo_state {
 public:
  memo_state(std::shared_ptr<wired_cache> in, memo_options how);
  ~memo_state();
  memo_state(const memo_state&) = delete;
  memo_state& operator=(const memo_state&) = delete;

  /// A result from this thread's line. No lock, no allocation.
  [[nodiscard]] erased hit(const memo_call& call) const;
  [[nodiscard]] erased get(const memo_call& call, bool is_forced);
  [[nodiscard]] erased peek(const memo_call& call);
  void invalidate(const memo_call& call);
  void clear();
  [[nodiscard]] memo_info info();

  /// The lock that guards all of them, for memo_lines.
  [[nodiscard]] static core::mutex& lock() LC_RETURN_CAPABILITY(lock_) { return lock_; }

  /// Around fork(): the lock that all functions share is held meanwhile.
  static void before_fork() LC_THREAD(no_thread_safety_analysis);
  static void after_fork_in_parent() LC_THREAD(no_thread_safety_analysis);
  static void after_fork_in_child() LC_THREAD(no_thread_safety_analysis);

 private:
  // Dropped without the lock: ends of keys and values are the user's.
  using garbage = std::vector<erased>;
  enum class turn { value, lead, alone, wait };

  [[nodiscard]] core::nanos max_age();
  memo_entry_ptr add(const memo_call& call, erased key) LC_REQUIRES(lock_);
  [[nodiscard]] memo_entry_ptr find(const memo_call& call) LC_REQUIRES(lock_);
  void forget_cleared(garbage& out) LC_REQUIRES(lock_);
  void forget_all(garbage& out) LC_REQUIRES(lock_);
  void detach(memo_entry& entry, garbage& out) LC_REQUIRES(lock_);
  void drop_if_empty(memo_entry& entry, garbage& out) LC_REQUIRES(lock_);
  void keep(const memo_flight& from, garbage& out) LC_REQUIRES(lock_);
  void evict(garbage& out) LC_REQUIRES(lock_);
  void fill_line(const memo_call& call, const memo_entry_ptr& entry, core::nanos max_age,
                 garbage& out) LC_REQUIRES(lock_);

  [[nodiscard]] bool is_servable(const memo_entry& entry, core::nanos max_age) const
      LC_REQUIRES(lock_);
  static void forget_lost(memo_entry& entry, garbage& out) LC_REQUIRES(lock_);
  turn admit(const memo_entry_ptr& entry, bool is_forced, core::nanos max_age,
             memo_flight_ptr& flight, memo_seat& seat, garbage& out) LC_REQUIRES(lock_);
  void start(memo_flight& flight, std::thread::id leader) LC_REQUIRES(lock_);
  bool promote(memo_flight& flight) LC_REQUIRES(lock_);
  void end(memo_flight& flight, memo_flight::state how, garbage& out) LC_REQUIRES(lock_);
  void leave(memo_flight& flight, memo_seat& seat, garbage& out) LC_REQUIRES(lock_);
  [[nodiscard]] erased compute(const memo_call& call, const memo_flight_ptr& flight, bool is_forced,
                               core::nanos max_age);
  /// Waits for the seat to be woken; false: the invocation is about to end.
  [[nodiscard]] static bool wait(memo_seat& seat) LC_THREAD(no_thread_safety_analysis);
  [[nodiscard]] bool is_passing(const std::exception_ptr& error) const;
  /// The old value where it may stand in for the flight's failure.
  [[nodiscard]] erased stale_value(const memo_flight& flight, bool is_forced, core::nanos max_age)
      LC_REQUIRES(lock_);
  [[nodiscard]] static bool waits_for_me(std::thread::id thread) LC_REQUIRES(lock_);

  // One for all functions: a fork has to take it, and waits go over several of them.
  static core::mutex lock_;
  static std::vector<memo_flight*>& flights() LC_REQUIRES(lock_);
  static std::unordered_map<std::thread::id, memo_flight*>& waiting() LC_REQUIRES(lock_);

  const std::shared_ptr<wired_cache> cache_;
  const memo_options how_;
  const std::uint64_t id_;
  std::unordered_multimap<std::size_t, memo_entry_ptr> entries_ LC_GUARDED_BY(lock_);
  std::list<memo_entry*> by_use_ LC_GUARDED_BY(lock_);  // the least recently used first
  std::uint64_t clears_ LC_GUARDED_BY(lock_) = 0;
  memo_info seen_ LC_GUARDED_BY(lock_);
  const std::shared_ptr<std::atomic<std::uint64_t>> line_hits_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace lambda_cache::wiring
