// One cached thing: its present value, its flights and what is remembered of its failures.
#pragma once

#include "cache/flight.hpp"
#include "cache/snapshot.hpp"
#include "core/clock.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lambda_cache::cache {

class source;

/// What happened to one entry.
struct entry_counters {
  std::uint64_t hits = 0;  // engine-side hits only, as in `counters`
  std::uint64_t misses = 0;
  std::uint64_t joins = 0;
  std::uint64_t loads = 0;
  std::uint64_t revalidated = 0;
  std::uint64_t failures = 0;
  std::uint64_t stale = 0;
  std::uint64_t negative = 0;
  // Of flights that brought a value or found it current, from their start to their end.
  core::nanos latency_total = 0;
  core::nanos latency_max = 0;
  std::optional<error_kind> last_error;  // of the flight that failed last
};

struct entry {
  entry(std::string key_text, std::string locator_text, std::shared_ptr<source> from,
        bool immutable)
      : key(std::move(key_text)),
        locator(std::move(locator_text)),
        origin(std::move(from)),
        pinned(immutable) {}
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;

  const std::string key;
  const std::string locator;  // what the source asks for, e.g. "/app/x:3"
  const std::shared_ptr<source> origin;
  const bool pinned;  // names one immutable version: what comes is never re-read

  /// Some reader wants the source to ask whether the value is still current, before it is fetched.
  std::atomic<bool> revalidates{false};

  // Read by every hit, written only when something changed.
  alignas(64) std::atomic<std::uint64_t> generation{0};  // changes whenever `current` does
  std::atomic<std::uint32_t> last_used{0};               // in ticks, see touch()

  /// Marks the entry as used now; writes only when the tick changed: about every half a second
  /// (2^29 ns, because hits have no time for a division).
  void touch(core::nanos mono) noexcept {
    const auto tick = static_cast<std::uint32_t>(mono >> 29);
    if (last_used.load(std::memory_order_relaxed) != tick)
      last_used.store(tick, std::memory_order_relaxed);
  }

  // Guarded by the engine's mutex.
  alignas(64) snapshot_ptr current;
  flight_ptr running;
  flight_ptr next;                  // queued; waits for `running` to settle
  std::uint64_t invalidations = 0;  // the generation token of loads
  // What failed last: a definite refusal (until `negative_age`), or a passing one (back-off).
  std::optional<error_info> failure;
  core::instant failed_at{};
  core::nanos back_off = 0;  // 0: `failure` is definite
  int failures = 0;          // passing ones in a row
  bool told = false;         // a reader with nothing to fall back on was given `failure`
  bool forgotten = false;    // invalidated since a value came last
  entry_counters counters;

  // Hits that readers counted themselves and handed in.
  std::atomic<std::uint64_t> slot_hits{0};
};

}  // namespace lambda_cache::cache
