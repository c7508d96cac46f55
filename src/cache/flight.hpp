// One fetch of one entry, shared by any number of waiters.
#pragma once

#include "cache/outcome.hpp"
#include "core/clock.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace lambda_cache::cache {

struct entry;
using entry_ptr = std::shared_ptr<entry>;

/// Gets outcomes. A blocked thread, an asyncio future or an agent's coroutine stands behind it.
class waiter {
 public:
  virtual ~waiter() = default;
  /// Called at most once per index, from any thread, without any engine lock held.
  virtual void settled(std::size_t index, outcome result) noexcept = 0;
};

enum class flight_state {
  queued,     // nobody has sent anything: even a forced read may join
  running,    // a request is out
  settled,    // every waiter has its outcome
  abandoned,  // the last waiter left before the result came
};

/// One waiter's place in a flight.
struct seat {
  std::uint64_t id = 0;
  std::shared_ptr<waiter> who;
  std::size_t index = 0;
  core::nanos max_age = 0;
  core::nanos stale_if_error = 0;
  core::deadline deadline = core::no_deadline;
  int max_attempts = 1;
};

class flight {
 public:
  flight(std::uint64_t id, entry_ptr target) : id_(id), target_(std::move(target)) {}

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] const entry_ptr& target() const noexcept { return target_; }
  /// The latest moment any waiter waits for; later waiters may move it further out.
  [[nodiscard]] core::deadline deadline() const noexcept {
    return core::deadline(core::deadline::duration(deadline_.load(std::memory_order_relaxed)));
  }
  /// Attempts worth making: 1 while every waiter has a stale value to fall back on.
  [[nodiscard]] int max_attempts() const noexcept {
    return max_attempts_.load(std::memory_order_relaxed);
  }

  /// The oldest value that all of its readers accept; 0: forced(). Stands still while the flight
  /// runs, if its source brings old values.
  [[nodiscard]] core::nanos max_age() const noexcept {
    return max_age_.load(std::memory_order_relaxed);
  }

  /// Whether somebody asked for it in any case: the value has to be fetched, and not only found to
  /// be current.
  [[nodiscard]] bool forced() const noexcept { return forced_.load(std::memory_order_relaxed); }

 private:
  friend class engine;

  [[nodiscard]] auto find(std::uint64_t seat_id) noexcept {
    return std::find_if(seats_.begin(), seats_.end(),
                        [&](const seat& taken) { return taken.id == seat_id; });
  }
  /// Somebody waits that long and is worth so many attempts. Under the engine's mutex.
  void wait_until(core::deadline until, int attempts) noexcept {
    if (until > deadline()) deadline_.store(until.time_since_epoch().count());
    if (attempts > max_attempts()) max_attempts_.store(attempts);
  }
  /// Somebody accepts nothing older than that. Under the engine's mutex.
  void accept(core::nanos max_age_of_reader) noexcept {
    if (max_age_of_reader < max_age()) max_age_.store(max_age_of_reader, std::memory_order_relaxed);
    if (max_age_of_reader == 0) forced_.store(true, std::memory_order_relaxed);
  }

  const std::uint64_t id_;
  const entry_ptr target_;
  std::atomic<core::deadline::rep> deadline_{core::deadline::min().time_since_epoch().count()};
  std::atomic<int> max_attempts_{1};
  std::atomic<core::nanos> max_age_{core::infinite};
  std::atomic<bool> forced_{false};

  // Guarded by the engine's mutex.
  flight_state state_ = flight_state::queued;
  std::uint64_t token_ = 0;        // entry::invalidations when it started
  core::instant request_start_{};  // valid from `running` on
  core::deadline since_{};         // queued, then running since
  bool kept_alive_ = false;        // finishes without waiters: a reader took the value it has
  std::vector<seat> seats_;
};
using flight_ptr = std::shared_ptr<flight>;

}  // namespace lambda_cache::cache
