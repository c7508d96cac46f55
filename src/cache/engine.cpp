#include "cache/engine.hpp"

#include "cache/policy.hpp"

#include <algorithm>

namespace lambda_cache::cache {
namespace {

outcome value_outcome(origin from, snapshot_ptr value) {
  outcome out;
  out.from = from;
  out.value = std::move(value);
  return out;
}

outcome failed_outcome(const error_info& why) {
  outcome out;
  out.failure = why;
  return out;
}

outcome stale_outcome(snapshot_ptr value, const std::optional<error_info>& why) {
  outcome out = value_outcome(origin::stale, std::move(value));
  out.failure = why;
  return out;
}

error_info timeout_error(const entry& e) {
  error_info why;
  why.kind = error_kind::timeout;
  why.name = e.locator;
  why.retryable = true;
  why.message = "Timed out waiting for " + e.locator +
                ": the deadline of this read passed before an answer came. Raise the timeout, or "
                "give the function more time.";
  return why;
}

/// splitmix64: enough for jitter.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// Whether the present value may stand in for a failed refresh.
bool servable_stale(const snapshot_ptr& value, core::nanos max_age, core::nanos stale_if_error,
                    const core::instant& now) noexcept {
  if (!value || max_age == 0 || stale_if_error == 0) return false;
  return age_of(value->request_start, now).age < saturating_add(max_age, stale_if_error);
}

}  // namespace

struct engine::delivery {
  std::shared_ptr<waiter> who;
  std::size_t index;
  outcome result;
};

// Values are type-erased: destroying one may run code of a source or a language. Never in the lock.
class LC_THREAD(scoped_lockable) engine::section {
 public:
  explicit section(engine& owner) LC_THREAD(acquire_capability(owner.mutex_)) : owner_(owner) {
    owner_.mutex_.lock();
  }
  ~section() LC_THREAD(release_capability()) {
    dropped_.swap(owner_.dropped_);
    owner_.mutex_.unlock();
  }
  section(const section&) = delete;
  section& operator=(const section&) = delete;

 private:
  engine& owner_;
  std::vector<snapshot_ptr> dropped_;
};

engine::engine(limits bounds, std::function<void()> wake, std::uint64_t seed)
    : bounds_(bounds), wake_(std::move(wake)), random_(seed) {
  sweep_at_ = 2 * bounds_.max_entries + 16;
}

engine::~engine() = default;

entry_ptr engine::open(std::string key, std::string locator, const std::shared_ptr<source>& from) {
  const section lock(*this);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  if (entries_.size() >= sweep_at_) sweep();
  auto made = std::make_shared<entry>(std::move(key), std::move(locator), from);
  entries_.emplace(made->key, made);
  return made;
}

std::vector<admission> engine::read(std::span<const read_request> requests,
                                    const std::shared_ptr<waiter>& who, const core::moment& now) {
  std::vector<admission> admitted;
  admitted.reserve(requests.size());
  bool wake = false;
  {
    const section lock(*this);
    const std::size_t queued_before = queue_.size();
    for (std::size_t i = 0; i < requests.size(); ++i)
      admitted.push_back(admit(requests[i], who, i, now));
    wake = queue_.size() > queued_before;
  }
  if (wake) wake_();
  return admitted;
}

admission engine::admit(const read_request& request, const std::shared_ptr<waiter>& who,
                        std::size_t index, const core::moment& now) {
  entry& e = *request.target;
  e.touch(now.clocks.mono);
  admission out;
  bool servable = false;
  out.settled = answer_at_once(e, request, servable, now);
  if (out.settled) return out;

  flight_ptr flying = joinable(e, request.max_age, now);
  if (flying) {
    ++counters_.joins;
  } else {
    flying = lead(request.target, now);
    ++counters_.misses;
  }
  const auto deadline = request.deadline.time_since_epoch().count();
  if (deadline > flying->deadline_.load(std::memory_order_relaxed))
    flying->deadline_.store(deadline, std::memory_order_relaxed);
  const int attempts = servable ? 1 : request.max_attempts;
  if (attempts > flying->max_attempts()) flying->max_attempts_.store(attempts);

  out.wake_at = request.deadline;
  if (servable) {
    const core::deadline enough = flying->since_ + std::chrono::nanoseconds(stale_wait);
    if (enough <= now.steady) {
      // The refresh had its chance; it goes on, this reader does.
      flying->kept_alive_ = true;
      ++counters_.stale;
      out.settled = stale_outcome(e.current, e.failure);
      return out;
    }
    out.wake_at = std::min(out.wake_at, enough);
  }
  seat place;
  place.id = ++last_id_;
  place.who = who;
  place.index = index;
  place.max_age = request.max_age;
  place.stale_if_error = request.stale_if_error;
  flying->seats_.push_back(std::move(place));
  out.place = {flying, last_id_};
  return out;
}

std::optional<outcome> engine::answer_at_once(entry& e, const read_request& request, bool& servable,
                                              const core::moment& now) {
  if (request.max_age == 0) return std::nullopt;  // forced: nothing remembered counts
  if (e.current && (e.current->pinned ||
                    is_fresh(age_of(e.current->request_start, now.clocks), request.max_age))) {
    ++counters_.hits;
    return value_outcome(origin::hit, e.current);
  }
  if (e.failure && e.back_off == 0 && is_fresh(age_of(e.failed_at, now.clocks), negative_age)) {
    ++counters_.negative;
    return failed_outcome(*e.failure);
  }
  servable = servable_stale(e.current, request.max_age, request.stale_if_error, now.clocks);
  if (e.current && backing_off(e, now.clocks)) {
    if (servable) {
      ++counters_.stale;
      return stale_outcome(e.current, e.failure);
    }
    // Too old even for stale-if-error: say so without asking a service that just refused.
    ++counters_.negative;
    return failed_outcome(*e.failure);
  }
  return std::nullopt;
}

flight_ptr engine::joinable(entry& e, core::nanos max_age, const core::moment& now) {
  if (e.running && e.running->token_ == e.invalidations &&
      is_fresh(age_of(e.running->request_start_, now.clocks), max_age))
    return e.running;
  return e.next;
}

flight_ptr engine::lead(const entry_ptr& e, const core::moment& now) {
  auto made = std::make_shared<flight>(++last_id_, e);
  made->since_ = now.steady;
  e->next = made;
  ++counters_.flights;
  if (!e->running) queue_.push_back(made);
  return made;
}

bool engine::backing_off(const entry& e, const core::instant& now) const {
  return e.failure && e.back_off != 0 && is_fresh(age_of(e.failed_at, now), e.back_off);
}

std::optional<outcome> engine::leave(const ticket& place, const core::moment& now) {
  bool wake = false;
  std::optional<outcome> out;
  {
    const section lock(*this);
    flight& left = *place.flight;
    const auto seat_at = std::find_if(left.seats_.begin(), left.seats_.end(),
                                      [&](const seat& taken) { return taken.id == place.seat; });
    if (seat_at == left.seats_.end()) return std::nullopt;
    const entry& e = *left.target();
    if (servable_stale(e.current, seat_at->max_age, seat_at->stale_if_error, now.clocks)) {
      ++counters_.stale;
      left.kept_alive_ = true;
      out = stale_outcome(e.current, e.failure);
    } else {
      out = failed_outcome(timeout_error(e));
    }
    left.seats_.erase(seat_at);
    if (left.seats_.empty() && !left.kept_alive_) {
      const bool was_running = left.state_ == flight_state::running;
      land(place.flight, flight_state::abandoned);
      if (was_running) abandoned_.push_back(place.flight);
      wake = was_running || !queue_.empty();
    }
  }
  if (wake) wake_();
  return out;
}

std::pair<snapshot_ptr, std::uint64_t> engine::current(const entry& of) const {
  const core::lock_guard lock(mutex_);
  return {of.current, of.generation.load(std::memory_order_relaxed)};
}

work engine::take_work(const core::moment& now) {
  work out;
  const section lock(*this);
  for (flight_ptr& flying : queue_) {
    entry& e = *flying->target();
    flying->state_ = flight_state::running;
    flying->token_ = e.invalidations;
    flying->request_start_ = now.clocks;
    flying->since_ = now.steady;
    e.running = flying;
    e.next = nullptr;
    const auto same = std::find_if(out.start.begin(), out.start.end(),
                                   [&](const work::batch& b) { return b.from == e.origin; });
    if (same == out.start.end())
      out.start.push_back({e.origin, {std::move(flying)}});
    else
      same->flights.push_back(std::move(flying));
  }
  queue_.clear();
  out.abandoned.swap(abandoned_);
  return out;
}

void engine::complete(const flight_ptr& done, std::shared_ptr<const void> value, std::size_t bytes,
                      const core::instant& request_start, bool pinned) {
  auto fresh = std::make_shared<snapshot>();
  fresh->value = std::move(value);
  fresh->bytes = bytes;
  fresh->request_start = request_start;
  fresh->pinned = pinned;

  std::vector<delivery> out;
  bool wake = false;
  {
    const section lock(*this);
    if (done->state_ != flight_state::running) return;
    entry& e = *done->target();
    if (done->token_ == e.invalidations) {
      if (keep(e, fresh)) {
        e.failure.reset();
        e.back_off = 0;
        e.failures = 0;
      }
    }
    ++counters_.loads;
    out.reserve(done->seats_.size());
    for (seat& taken : done->seats_)
      out.push_back({std::move(taken.who), taken.index, value_outcome(origin::fetched, fresh)});
    land(done, flight_state::settled);
    wake = !queue_.empty();
  }
  if (wake) wake_();
  deliver(out);
}

void engine::fail(const flight_ptr& done, const error_info& why, const core::moment& now) {
  std::vector<delivery> out;
  bool wake = false;
  {
    const section lock(*this);
    if (done->state_ != flight_state::running) return;
    entry& e = *done->target();
    ++counters_.failures;
    if (done->token_ == e.invalidations) remember(e, why, now);
    out.reserve(done->seats_.size());
    for (seat& taken : done->seats_) {
      const bool stale = why.retryable &&
                         servable_stale(e.current, taken.max_age, taken.stale_if_error, now.clocks);
      if (stale) ++counters_.stale;
      out.push_back({std::move(taken.who), taken.index,
                     stale ? stale_outcome(e.current, why) : failed_outcome(why)});
    }
    land(done, flight_state::settled);
    wake = !queue_.empty();
  }
  if (wake) wake_();
  deliver(out);
}

void engine::remember(entry& e, const error_info& why, const core::moment& now) {
  if (why.kind == error_kind::cancelled) return;
  e.failure = why;
  e.failed_at = now.clocks;
  if (why.retryable) {
    ++e.failures;
    e.back_off = back_off_delay(e.failures, next_random(random_));
    return;
  }
  e.back_off = 0;
  e.failures = 0;
  if (why.kind == error_kind::not_found) replace_value(e, nullptr);
}

void engine::replace_value(entry& e, snapshot_ptr value) {
  if (!e.current && !value) return;
  if (e.current) {
    counters_.bytes -= e.current->bytes;
    --counters_.entries;
    dropped_.push_back(std::move(e.current));
  }
  if (value) {
    counters_.bytes += value->bytes;
    ++counters_.entries;
  }
  e.current = std::move(value);
  e.generation.fetch_add(1, std::memory_order_release);
}

/// Keeps the value unless a later one is there; false if it was not.
bool engine::keep(entry& e, const snapshot_ptr& value) {
  if (e.current && e.current->request_start.mono > value->request_start.mono &&
      e.current->request_start.wall > value->request_start.wall)
    return false;
  const std::size_t cost = value->bytes;
  if (cost > bounds_.max_bytes || bounds_.max_entries == 0) {
    ++counters_.oversized;
    replace_value(e, nullptr);
    return true;
  }
  replace_value(e, value);
  evict_for(e);
  return true;
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
    ++counters_.evictions;
    replace_value(*oldest, nullptr);
  }
}

/// Takes a flight out of its entry; the one that waited behind it is queued.
void engine::land(const flight_ptr& done, flight_state how) {
  entry& e = *done->target();
  --counters_.flights;
  done->state_ = how;
  done->seats_.clear();
  if (e.running == done) {
    e.running = nullptr;
    if (e.next) queue_.push_back(e.next);
    return;
  }
  if (e.next == done) e.next = nullptr;
  std::erase(queue_, done);
}

void engine::invalidate(const entry_ptr& of) {
  const section lock(*this);
  ++of->invalidations;
  of->failure.reset();
  of->back_off = 0;
  of->failures = 0;
  replace_value(*of, nullptr);
}

void engine::clear() {
  const section lock(*this);
  for (const auto& [key, e] : entries_) {
    ++e->invalidations;
    e->failure.reset();
    e->back_off = 0;
    e->failures = 0;
    replace_value(*e, nullptr);
  }
}

/// Forgets entries that nobody holds and that hold nothing.
void engine::sweep() {
  std::erase_if(entries_, [](const auto& item) {
    const entry_ptr& e = item.second;
    return e.use_count() == 1 && !e->current && !e->running && !e->next;
  });
  sweep_at_ = std::max(sweep_at_, 2 * entries_.size());
}

counters engine::count() const {
  const core::lock_guard lock(mutex_);
  return counters_;
}

void engine::deliver(std::vector<delivery>& out) noexcept {
  for (delivery& d : out)
    d.who->settled(d.index, std::move(d.result));
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
      flying->reset();
    }
  }
  queue_.clear();
  abandoned_.clear();
  counters_.flights = 0;
  random_ = seed;
  mutex_.unlock();
}

}  // namespace lambda_cache::cache
