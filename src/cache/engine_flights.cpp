// Flights: which ones start, what settling one means for its waiters and its entry.
#include "cache/engine_section.hpp"
#include "cache/policy.hpp"
#include "core/caught.hpp"

#include <algorithm>
#include <new>

namespace lambda_cache::cache {
namespace {

/// As much of it as there is memory for.
error_info copy_of(const error_info& why) noexcept {
  try {
    return why;
  } catch (const std::bad_alloc&) {
    return core::plain_error(why.kind, "out of memory");
  }
}

}  // namespace

work engine::take_work(const core::moment& now) {
  work out;
  const section lock(*this);
  for (const flight_ptr& flying : queue_) {
    const std::shared_ptr<source>& from = flying->target()->origin;
    const auto same = std::find_if(out.start.begin(), out.start.end(),
                                   [&](const work::batch& b) { return b.from == from; });
    if (same == out.start.end())
      out.start.push_back({from, {flying}});
    else
      same->flights.push_back(flying);
  }
  // Room for every flight that will be running, so that abandoning cannot fail.
  std::vector<flight_ptr> room;
  room.reserve(counters_.flights);
  for (flight_ptr& flying : queue_) {
    entry& e = *flying->target();
    if (e.forgotten && e.origin->brings_old()) flying->accept(0);
    flying->state_ = flight_state::running;
    flying->token_ = e.invalidations;
    flying->request_start_ = now.clocks;
    flying->since_ = now.steady;
    e.running = std::move(flying);
    e.next = nullptr;
  }
  queue_.clear();
  is_gathering_ = false;
  out.abandoned.swap(abandoned_);
  abandoned_.swap(room);
  return out;
}

void engine::complete(const flight_ptr& done, load brought, const core::moment& now) {
  settle(done,
         std::make_shared<const snapshot>(snapshot{std::move(brought.value), brought.bytes,
                                                   brought.request_start, brought.pinned,
                                                   brought.expires}),
         false, now);
}

void engine::revalidate(const flight_ptr& done, const snapshot& known,
                        const core::instant& request_start, core::nanos expires,
                        const core::moment& now) {
  auto renewed = std::make_shared<snapshot>(known);
  renewed->request_start = request_start;
  renewed->expires = expires;
  settle(done, renewed, true, now);
}

void engine::settle(const flight_ptr& done, const snapshot_ptr& value, bool revalidated,
                    const core::moment& now) {
  std::vector<delivery> out;
  bool wake = false;
  {
    const section lock(*this);
    if (done->state_ != flight_state::running) return;
    entry& e = *done->target();
    out.reserve(done->seats_.size());
    for (seat& taken : done->seats_)
      out.push_back({std::move(taken.who), taken.index, value_outcome(origin::fetched, value)});
    wake = land(done, flight_state::settled);
    ++(revalidated ? counters_.revalidated : counters_.loads);
    ++(revalidated ? e.counters.revalidated : e.counters.loads);
    const core::nanos took = std::max<core::nanos>((now.steady - done->since_).count(), 0);
    e.counters.latency_total += took;
    e.counters.latency_max = std::max(e.counters.latency_max, took);
    if (done->token_ == e.invalidations) {
      keep(e, value);
      e.forgotten = false;
    }
  }
  if (wake) wake_();
  deliver(out);
}

void engine::fail(const flight_ptr& done, const error_info& why, const core::moment& now,
                  const snapshot_ptr& older) {
  std::vector<delivery> out;
  error_info remembered = why;
  bool wake = false;
  {
    const section lock(*this);
    if (done->state_ != flight_state::running) return;
    entry& e = *done->target();
    std::size_t stale = 0;
    const std::size_t waited = done->seats_.size();
    out.reserve(waited);
    if (older && done->token_ == e.invalidations && !e.forgotten) {
      const int failures = e.failures;
      keep(e, older);
      e.failures = failures;
    }
    for (const seat& taken : done->seats_) {
      const bool serve = why.retryable &&
                         servable_stale(e.current, taken.max_age, taken.stale_if_error, now.clocks);
      stale += serve ? 1U : 0U;
      out.push_back(
          {taken.who, taken.index, serve ? stale_outcome(e.current, why) : failed_outcome(why)});
    }
    if (done->token_ == e.invalidations) remember(e, std::move(remembered), stale < waited, now);
    counters_.stale += stale;
    e.counters.stale += stale;
    ++counters_.failures;
    ++e.counters.failures;
    e.counters.last_error = why.kind;
    wake = land(done, flight_state::settled);
  }
  if (wake) wake_();
  deliver(out);
}

void engine::abort(const flight_ptr& broken, const error_info& why,
                   const core::moment& now) noexcept {
  std::vector<seat> seats;
  snapshot_ptr value;
  bool wake = false;
  {
    const section lock(*this);
    if (broken->state_ != flight_state::running && broken->state_ != flight_state::queued) return;
    entry& e = *broken->target();
    seats.swap(broken->seats_);
    value = e.current;
    bool told = false;
    for (seat& taken : seats) {
      // What there is no room for elsewhere: whether this one has something to fall back on.
      const bool serve = servable_stale(value, taken.max_age, taken.stale_if_error, now.clocks);
      taken.stale_if_error = serve ? 1 : 0;
      told = told || !serve;
      counters_.stale += serve ? 1U : 0U;
      e.counters.stale += serve ? 1U : 0U;
    }
    if (broken->state_ == flight_state::queued || broken->token_ == e.invalidations)
      remember(e, copy_of(why), told, now);
    ++counters_.failures;
    ++e.counters.failures;
    e.counters.last_error = why.kind;
    wake = land(broken, flight_state::settled);
  }
  if (wake) wake_();
  for (const seat& taken : seats) {
    outcome out;
    if (taken.stale_if_error != 0) out = value_outcome(origin::stale, value);
    out.failure = copy_of(why);
    taken.who->settled(taken.index, std::move(out));
  }
}

void engine::abort_queued(const error_info& why, const core::moment& now) noexcept {
  std::size_t left = 0;
  {
    const core::lock_guard lock(mutex_);
    left = queue_.size();
  }
  // Waiters that are told may come back with new ones.
  for (; left != 0; --left) {
    flight_ptr first;
    {
      const core::lock_guard lock(mutex_);
      if (queue_.empty()) return;
      first = queue_.front();
    }
    abort(first, why, now);
  }
}

void engine::abort_running(const error_info& why, const core::moment& now) noexcept {
  std::uint64_t last = 0;
  {
    const core::lock_guard lock(mutex_);
    last = last_id_;
  }
  for (;;) {
    flight_ptr found;
    {
      const core::lock_guard lock(mutex_);
      const auto at = std::find_if(entries_.begin(), entries_.end(), [last](const auto& each) {
        return each.second->running && each.second->running->id() <= last;
      });
      if (at == entries_.end()) return;
      found = at->second->running;
    }
    abort(found, why, now);
  }
}

void engine::remember(entry& e, error_info why, bool told, const core::moment& now) {
  if (why.kind == error_kind::cancelled) return;
  if (why.kind == error_kind::not_found) replace_value(e, nullptr);
  e.failed_at = now.clocks;
  e.told = told;
  if (why.retryable) {
    ++e.failures;
    e.back_off = back_off_delay(e.failures, random_.next());
  } else {
    e.back_off = 0;
    e.failures = 0;
  }
  e.failure = std::move(why);
}

/// Takes a flight out of its entry; the one that waited behind it is queued: then true.
bool engine::land(const flight_ptr& done, flight_state how) noexcept {
  entry& e = *done->target();
  --counters_.flights;
  done->state_ = how;
  done->seats_.clear();
  if (e.running == done) {
    e.running = nullptr;
    if (e.next) queue_.push_back(e.next);
    return e.next != nullptr;
  }
  if (e.next == done) e.next = nullptr;
  std::erase(queue_, done);
  return false;
}

void engine::deliver(std::vector<delivery>& out) noexcept {
  for (delivery& d : out)
    d.who->settled(d.index, std::move(d.result));
}

}  // namespace lambda_cache::cache
