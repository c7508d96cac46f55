// Reads: who is answered at once, who waits for whom, who leaves.
#include "cache/engine.hpp"

#include "cache/engine_section.hpp"
#include "cache/policy.hpp"

#include <algorithm>
#include <exception>

namespace lambda_cache::cache {
namespace {

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

}  // namespace

engine::engine(limits bounds, std::function<void()> wake, std::uint64_t seed)
    : bounds_(bounds), wake_(std::move(wake)), random_(seed) {
  sweep_at_ = 2 * bounds_.max_entries + 16;
}

engine::~engine() {
  std::vector<delivery> out;
  {
    const section lock(*this);
    for (const auto& [key, e] : entries_) {
      // An entry and its flights hold each other.
      for (flight_ptr* flying : {&e->running, &e->next}) {
        if (!*flying) continue;
        const outcome gone = failed_outcome(cancelled_error(*e, "the cache was shut down."));
        for (seat& taken : (*flying)->seats_)
          out.push_back({std::move(taken.who), taken.index, gone});
        (*flying)->state_ = flight_state::abandoned;
        (*flying)->seats_.clear();
        flying->reset();
      }
      replace_value(*e, nullptr);
    }
  }
  deliver(out);
}

std::vector<admission> engine::read(std::span<const read_request> requests,
                                    const std::shared_ptr<waiter>& who, const core::moment& now) {
  std::vector<admission> admitted;
  admitted.reserve(requests.size());
  std::exception_ptr failed;
  bool wake = false;
  {
    const section lock(*this);
    const std::size_t queued_before = queue_.size();
    try {
      for (std::size_t i = 0; i < requests.size(); ++i)
        admitted.push_back(admit(requests[i], who, i, now));
      wake = queue_.size() > queued_before || std::exchange(is_gathering_, false);
    } catch (...) {
      // Out of memory: the caller gets no tickets, so nothing may wait in its name.
      failed = std::current_exception();
      for (const admission& made : admitted)
        if (made.place.flight) wake = vacate(made.place) || wake;
      wake = wake || queue_.size() > queued_before;  // a value is refreshed ahead
    }
  }
  if (wake) wake_();
  if (failed) std::rethrow_exception(failed);
  return admitted;
}

admission engine::admit(const read_request& request, const std::shared_ptr<waiter>& who,
                        std::size_t index, const core::moment& now) {
  entry& e = *request.target;
  e.touch(now.clocks.mono);
  admission out;
  bool servable = false;
  out.settled = answer_at_once(request, servable, now);
  if (out.settled) return out;

  flight_ptr flying = joinable(e, request.max_age, now);
  const bool joins = flying != nullptr;
  if (!joins) flying = lead(request.target, now);

  out.wake_at = request.deadline;
  if (servable) {
    const core::deadline enough = flying->since_ + std::chrono::nanoseconds(stale_wait);
    if (enough <= now.steady) {
      // The refresh had its chance; it goes on, this reader does. It is no waiter, so it does not
      // move the flight's deadline: a stream of such readers would keep a hanging call for ever.
      out.settled = stale_outcome(e.current, e.failure);
      flying->kept_alive_ = true;
      count_stale(e);
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
  place.deadline = request.deadline;
  place.max_attempts = request.max_attempts;
  flying->seats_.push_back(std::move(place));
  flying->accept(request.max_age);
  flying->wait_until(request.deadline, servable ? 1 : request.max_attempts);
  ++(joins ? counters_.joins : counters_.misses);
  ++(joins ? e.counters.joins : e.counters.misses);
  out.place = {std::move(flying), last_id_};
  return out;
}

std::optional<outcome> engine::answer_at_once(const read_request& request, bool& servable,
                                              const core::moment& now) {
  entry& e = *request.target;
  if (request.max_age == 0) return std::nullopt;  // forced: nothing remembered counts
  if (snapshot_ptr value = fresh_value(request, now))
    return value_outcome(origin::hit, std::move(value));
  if (is_refused(e, now.clocks)) {
    ++counters_.negative;
    ++e.counters.negative;
    return failed_outcome(*e.failure);
  }
  servable = servable_stale(e.current, request.max_age, request.stale_if_error, now.clocks);
  if (servable && backing_off(e, now.clocks)) {
    count_stale(e);
    return stale_outcome(e.current, e.failure);
  }
  // A reader with nothing to fall back on is not told of yesterday's outage: it asks, like the
  // reader of an entry that never had a value; but not a service that has just said "too often".
  if (!servable && !e.running && !e.next && is_throttled(e, now.clocks)) {
    ++counters_.negative;
    ++e.counters.negative;
    return failed_outcome(*e.failure);
  }
  return std::nullopt;
}

snapshot_ptr engine::look(const read_request& request, const core::moment& now) {
  snapshot_ptr value;
  bool wake = false;
  {
    const section lock(*this);
    request.target->touch(now.clocks.mono);
    const std::size_t queued_before = queue_.size();
    value = fresh_value(request, now);
    wake = queue_.size() > queued_before;
  }
  if (wake) wake_();
  return value;
}

/// The present value if it is fresh, counted as a hit; refreshed ahead if it is time for that.
snapshot_ptr engine::fresh_value(const read_request& request, const core::moment& now) {
  entry& e = *request.target;
  if (!e.current) return nullptr;
  const age_reading reading = age_of(e.current->request_start, now.clocks);
  if (!is_fresh(reading, e.current->lifetime(request.max_age))) return nullptr;
  ++counters_.hits;
  ++e.counters.hits;
  snapshot_ptr value = e.current;
  if (!value->pinned && is_refreshed_ahead(reading.age, request.max_age, request.refresh_ahead))
    fetch_for_nobody(request, request.max_age - request.refresh_ahead, now);
  return value;
}

bool engine::prefetch(std::span<const read_request> requests, const core::moment& now) {
  const section lock(*this);
  for (const read_request& request : requests) {
    const snapshot_ptr& value = request.target->current;
    request.target->touch(now.clocks.mono);
    if (!value ||
        !is_fresh(age_of(value->request_start, now.clocks), value->lifetime(request.max_age)))
      fetch_for_nobody(request, request.max_age, now);
  }
  is_gathering_ = !queue_.empty();
  return is_gathering_;
}

/// Starts a flight that nobody waits for, unless one is under way or would come too early. Its
/// value is worth something if it is not older than `max_age`.
void engine::fetch_for_nobody(const read_request& request, core::nanos max_age,
                              const core::moment& now) {
  const entry& e = *request.target;
  if (e.running || e.next || request.deadline <= now.steady || backing_off(e, now.clocks) ||
      is_refused(e, now.clocks))
    return;
  try {
    const flight_ptr made = lead(request.target, now);
    made->kept_alive_ = true;
    made->wait_until(request.deadline, 1);
    made->accept(max_age);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // Whoever needs the value asks for it.
  }
}

flight_ptr engine::joinable(entry& e, core::nanos max_age, const core::moment& now) {
  const auto brings_fresh = [&](const flight& flying) {
    if (flying.token_ != e.invalidations ||
        !is_fresh(age_of(flying.request_start_, now.clocks), max_age))
      return false;
    if (e.origin->brings_old() && flying.max_age() > max_age) return false;
    // What was asked for before the source's moment may be what has just ended.
    return !e.current || e.current->expires == 0 || now.clocks.wall < e.current->expires ||
           flying.request_start_.wall >= e.current->expires;
  };
  if (e.running && brings_fresh(*e.running)) return e.running;
  return e.next;
}

flight_ptr engine::lead(const entry_ptr& e, const core::moment& now) {
  auto made = std::make_shared<flight>(++last_id_, e);
  made->since_ = now.steady;
  made->seats_.reserve(1);
  // Room for every flight, so that queueing cannot fail when one lands.
  if (queue_.capacity() <= counters_.flights) queue_.reserve(2 * counters_.flights + 4);
  e->next = made;
  ++counters_.flights;
  if (!e->running) queue_.push_back(made);
  return made;
}

void engine::count_stale(entry& e) {
  ++counters_.stale;
  ++e.counters.stale;
}

/// Whether a definite failure is remembered.
bool engine::is_refused(const entry& e, const core::instant& now) {
  return e.failure && e.back_off == 0 && is_fresh(age_of(e.failed_at, now), negative_age);
}

/// Whether some reader has just been told that the service throttles. What failed behind the
/// readers' backs (a prefetch, a refresh of a stale value) keeps nobody from asking.
bool engine::is_throttled(const entry& e, const core::instant& now) {
  return e.failure && e.told && e.failure->kind == error_kind::throttled &&
         is_fresh(age_of(e.failed_at, now), std::min(e.back_off, throttled_age));
}

bool engine::backing_off(const entry& e, const core::instant& now) const {
  return e.failure && e.back_off != 0 && is_fresh(age_of(e.failed_at, now), e.back_off);
}

std::optional<outcome> engine::leave(const ticket& place, const core::moment& now,
                                     core::deadline* longer) {
  bool wake = false;
  std::shared_ptr<waiter> who;  // destroyed last, outside the lock
  std::optional<outcome> out;
  if (!place.flight) return out;
  {
    const section lock(*this);
    flight& left = *place.flight;
    entry& e = *left.target();
    if (left.state_ == flight_state::abandoned)
      return failed_outcome(cancelled_error(e, "its flight ended in a fork. Read it again."));
    const auto seat_at = left.find(place.seat);
    if (seat_at == left.seats_.end()) return std::nullopt;
    if (servable_stale(e.current, seat_at->max_age, seat_at->stale_if_error, now.clocks)) {
      out = stale_outcome(e.current, e.failure);
      count_stale(e);
      left.kept_alive_ = true;
    } else if (longer != nullptr && now.steady < seat_at->deadline) {
      // The stale value it was to fall back on is gone: it waits like everybody else.
      left.wait_until(seat_at->deadline, seat_at->max_attempts);
      *longer = seat_at->deadline;
      return std::nullopt;
    } else {
      out = failed_outcome(timeout_error(e));
    }
    who = seat_at->who;
    wake = vacate(place);
  }
  if (wake) wake_();
  return out;
}

/// Gives up a place; the last one to leave ends the flight. True if there is new work.
bool engine::vacate(const ticket& place) noexcept {
  flight& left = *place.flight;
  left.seats_.erase(left.find(place.seat));
  if (!left.seats_.empty() || left.kept_alive_) return false;
  if (left.state_ != flight_state::running) return land(place.flight, flight_state::abandoned);
  abandoned_.push_back(place.flight);
  land(place.flight, flight_state::abandoned);
  return true;
}

}  // namespace lambda_cache::cache
