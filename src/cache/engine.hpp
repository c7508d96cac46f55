// The cache engine: decides who gets what, who fetches and who waits. Sans-IO: it never waits,
// reads no clock and does no I/O. Time comes in as arguments, work goes out through take_work().
//
// Threads: everything may be called from any thread. One mutex guards all state; it is never held
// while a waiter is called. A warm hit does not come here at all (see slot.hpp).
//
// Lock order: engine mutex, then the secret arena's. Waiters may call back into the engine.
#pragma once

#include "cache/entry.hpp"
#include "cache/flight.hpp"
#include "cache/outcome.hpp"
#include "cache/source.hpp"
#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lambda_cache::cache {

struct limits {
  std::size_t max_entries = 1000;
  std::size_t max_bytes = std::size_t{64} << 20;
};

/// One read of one entry.
struct read_request {
  entry_ptr target;
  core::nanos max_age = 60 * core::second;  // 0: forced; core::infinite: any age
  core::nanos stale_if_error = 300 * core::second;
  core::deadline deadline = core::no_deadline;  // of this waiter, not of the flight
  int max_attempts = 3;
  /// A fresh value with no more than this left of max_age is handed out and refreshed in the
  /// background, in one attempt that ends by `deadline`; 0: off.
  core::nanos refresh_ahead = 0;
};

/// What a flight's request brought.
struct load {
  std::shared_ptr<const void> value;
  std::size_t bytes = 0;
  core::instant request_start;  // when the attempt that succeeded was sent
  bool pinned = false;          // see snapshot
  core::nanos expires = 0;      // see snapshot
};

/// A waiter's place: what to hand to engine::leave().
struct ticket {
  flight_ptr flight;
  std::uint64_t seat = 0;
};

/// The answer to a read: settled at once, or a ticket for later.
struct admission {
  std::optional<outcome> settled;
  ticket place;                                // valid if not settled
  core::deadline wake_at = core::no_deadline;  // call leave() then, if nothing came
};

struct counters {
  std::uint64_t hits = 0;         // engine-side hits only; readers count their slot hits themselves
  std::uint64_t misses = 0;       // reads that had to wait for a flight they started
  std::uint64_t joins = 0;        // reads that waited for a flight that was there already
  std::uint64_t loads = 0;        // flights that brought a value
  std::uint64_t revalidated = 0;  // flights that found the value to be current
  std::uint64_t failures = 0;     // flights that failed
  std::uint64_t stale = 0;        // stale values served
  std::uint64_t negative = 0;     // remembered refusals (and throttling) served
  std::uint64_t evictions = 0;
  std::uint64_t oversized = 0;  // values larger than the whole cache: returned, not kept
  std::size_t entries = 0;      // with a value, now
  std::size_t bytes = 0;        // now
  std::size_t flights = 0;      // not settled, now
};

/// What is known of one entry; never its value.
struct entry_report {
  entry_ptr target;
  entry_counters counted;
  bool has_value = false;
  core::nanos age = 0;  // of the value
  std::size_t bytes = 0;
  bool pinned = false;  // see snapshot
  /// The age from which on the value is expired for every reader, however old it accepts it.
  core::nanos lifetime = core::infinite;
  bool is_loading = false;  // a fetch is under way
  /// Why the last fetch failed; nothing if it did not.
  std::optional<error_kind> failing;
  bool failing_passes = false;  // for a passing reason: a stale value may be served
  core::nanos failed_for = 0;   // how long ago
};

/// Work for the I/O thread.
struct work {
  struct batch {
    std::shared_ptr<source> from;
    std::vector<flight_ptr> flights;
  };
  std::vector<batch> start;           // now running; their request starts at the given moment
  std::vector<flight_ptr> abandoned;  // nobody waits any more
};

class engine {
 public:
  /// `wake` is called, without the lock, whenever there is something new for take_work(); it must
  /// neither block nor throw. `seed` feeds the jitter.
  engine(limits bounds, std::function<void()> wake, std::uint64_t seed);
  /// Readers that still wait get `cancelled`. No other thread may be inside any more.
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// The entry of that key; made if there is none. Entries of one key are one object as long as
  /// anybody holds it.
  [[nodiscard]] entry_ptr open(std::string key, std::string locator,
                               const std::shared_ptr<source>& from, bool pinned = false);

  /// Reads several entries in one step, so that those that miss fetch together. For every
  /// admission that is not settled, who->settled(index, outcome) comes later, once, or never if
  /// leave() came first. It may come before read() returns.
  [[nodiscard]] std::vector<admission> read(std::span<const read_request> requests,
                                            const std::shared_ptr<waiter>& who,
                                            const core::moment& now);

  /// The waiter's time is over: its stale value if one may be served, else a timeout error.
  /// Nothing if its outcome is already on the way to settled(). The last waiter to leave without
  /// a stale value abandons the flight.
  ///
  /// With `longer`: a reader that was to take its stale value before its own deadline, but whose
  /// value was dropped meanwhile, keeps its place; nothing is returned, and *longer is set to its
  /// deadline, when leave() is to be called again.
  [[nodiscard]] std::optional<outcome> leave(const ticket& place, const core::moment& now,
                                             core::deadline* longer = nullptr);

  /// The present value and its generation, for a slot.
  [[nodiscard]] std::pair<snapshot_ptr, std::uint64_t> current(const entry& of) const;

  /// Queued flights, grouped by source, now marked as running.
  [[nodiscard]] work take_work(const core::moment& now);
  /// The present value if it is fresh enough for this read, which waits for nothing; null if it is
  /// not, or for a forced read. Counted as a hit, and refreshed ahead of expiry, as by read(). No
  /// value is no miss: nothing is counted or fetched.
  [[nodiscard]] snapshot_ptr look(const read_request& request, const core::moment& now);

  /// Starts fetching what is not there, or too old for its request: in one attempt that ends by its
  /// deadline, for nobody yet; reads join it. What failed lately, or is under way, is left alone.
  /// True: there is work, of which nobody is woken, so that more can come to it first.
  [[nodiscard]] bool prefetch(std::span<const read_request> requests, const core::moment& now);

  /// The flight's request brought a value. A result whose request started before the present one's,
  /// or before an invalidation, reaches its waiters but is not kept. Nothing happens to a flight
  /// that nobody waits for any more, or that is settled already.
  /// Throws only std::bad_alloc, before anything happened: the flight can still be failed.
  void complete(const flight_ptr& done, load brought, const core::moment& now);
  /// The flight's request found that `known` is current still: its value gets a new age. `known` is
  /// what current() gave when the source started the flight; it may have been evicted or
  /// invalidated meanwhile, then it is kept or not by the same rules as a value brought by
  /// complete(). Readers see the same value pointer, so that they need not convert it again.
  void revalidate(const flight_ptr& done, const snapshot& known, const core::instant& request_start,
                  core::nanos expires, const core::moment& now);
  /// The flight's request failed. Passing reasons (error_info::retryable) leave the value as it is
  /// and start the back-off, in which readers who were throttled are not the first of a storm: see
  /// throttled_age; definite ones are remembered; not_found drops the value.
  ///
  /// `older`, of a passing failure: what the source has for want of a newer value. It is kept or
  /// not by the rules of complete(), and is then a stale value like any other.
  void fail(const flight_ptr& done, const error_info& why, const core::moment& now,
            const snapshot_ptr& older = nullptr);

  /// Fails the flight, unless it is settled or abandoned already, without an allocation: for when
  /// fail(), or what should have come to it, threw. `why` is a passing failure; as much of it
  /// reaches each waiter as there is memory for.
  void abort(const flight_ptr& broken, const error_info& why, const core::moment& now) noexcept;
  /// The same with every flight that is queued (running) now.
  void abort_queued(const error_info& why, const core::moment& now) noexcept;
  void abort_running(const error_info& why, const core::moment& now) noexcept;

  /// Forgets the value; flights on their way reach their waiters only.
  void invalidate(const entry_ptr& of);
  /// Forgets every value and every remembered failure.
  void clear();
  /// The same, and entries that nobody holds (a flight holds its own), with what their sources
  /// hold.
  void clear_out();

  /// Other jitter from now on: this process is one of several that went on from one snapshot.
  void reseed(std::uint64_t seed) noexcept { random_.reseed(seed); }

  [[nodiscard]] counters count() const;
  /// Every entry that is declared or holds a value, in no order. Entries that nobody declares any
  /// more are forgotten in time, and their counters with them.
  [[nodiscard]] std::vector<entry_report> entries(const core::instant& now) const;

  /// Around fork(): before it in the parent, after it in both. In the child values stay; flights
  /// and waiters (whose threads do not exist there) are forgotten, a ticket taken before is worth
  /// a `cancelled`.
  void before_fork() LC_THREAD(acquire_capability(mutex_));
  void after_fork_in_parent() LC_THREAD(release_capability(mutex_));
  void after_fork_in_child(std::uint64_t seed) LC_THREAD(release_capability(mutex_));

 private:
  struct delivery;  // an outcome on its way out of the lock
  class section;    // the lock; values dropped inside are destroyed after it is released

  admission admit(const read_request& request, const std::shared_ptr<waiter>& who,
                  std::size_t index, const core::moment& now) LC_REQUIRES(mutex_);
  std::optional<outcome> answer_at_once(const read_request& request, bool& servable,
                                        const core::moment& now) LC_REQUIRES(mutex_);
  snapshot_ptr fresh_value(const read_request& request, const core::moment& now)
      LC_REQUIRES(mutex_);
  void fetch_for_nobody(const read_request& request, core::nanos max_age, const core::moment& now)
      LC_REQUIRES(mutex_);
  void settle(const flight_ptr& done, const snapshot_ptr& value, bool revalidated,
              const core::moment& now);
  void count_stale(entry& e) LC_REQUIRES(mutex_);
  [[nodiscard]] static bool is_refused(const entry& e, const core::instant& now);
  [[nodiscard]] static bool is_throttled(const entry& e, const core::instant& now);
  flight_ptr joinable(entry& e, core::nanos max_age, const core::moment& now) LC_REQUIRES(mutex_);
  flight_ptr lead(const entry_ptr& e, const core::moment& now) LC_REQUIRES(mutex_);
  [[nodiscard]] bool backing_off(const entry& e, const core::instant& now) const
      LC_REQUIRES(mutex_);
  bool vacate(const ticket& place) noexcept LC_REQUIRES(mutex_);
  bool land(const flight_ptr& done, flight_state how) noexcept LC_REQUIRES(mutex_);
  void remember(entry& e, error_info why, bool told, const core::moment& now) LC_REQUIRES(mutex_);
  void replace_value(entry& e, snapshot_ptr value) LC_REQUIRES(mutex_);
  void keep(entry& e, const snapshot_ptr& value) LC_REQUIRES(mutex_);
  void evict_for(const entry& newcomer) LC_REQUIRES(mutex_);
  void forget(entry& e) LC_REQUIRES(mutex_);
  void forget_all() LC_REQUIRES(mutex_);
  void sweep(std::vector<entry_ptr>& swept) LC_REQUIRES(mutex_);
  static void deliver(std::vector<delivery>& out) noexcept;

  const limits bounds_;
  const std::function<void()> wake_;

  mutable core::mutex mutex_;
  std::unordered_map<std::string_view, entry_ptr> entries_ LC_GUARDED_BY(mutex_);
  std::vector<flight_ptr> queue_ LC_GUARDED_BY(mutex_);
  bool is_gathering_ LC_GUARDED_BY(mutex_) = false;  // queued by prefetch(), nobody was woken
  std::vector<flight_ptr> abandoned_ LC_GUARDED_BY(mutex_);
  std::vector<snapshot_ptr> dropped_ LC_GUARDED_BY(mutex_);
  counters counters_ LC_GUARDED_BY(mutex_);
  std::uint64_t last_id_ LC_GUARDED_BY(mutex_) = 0;
  core::random_numbers random_;
  std::size_t sweep_at_ LC_GUARDED_BY(mutex_) = 0;
};

}  // namespace lambda_cache::cache
