// Reads and flights: who is answered at once, who waits for whom, what a settled flight means.
#include "cache/engine.hpp"

#include "cache/engine_section.hpp"
#include "cache/policy.hpp"

#include <algorithm>
#include <exception>

namespace lambda_cache::cache {
namespace {

outcome value_outcome(origin from, snapshot_ptr value) {
  outcome out;
  out.from = from;
  out.value = std::move(value);
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
      wake = queue_.size() > queued_before;
    } catch (...) {
      // Out of memory: the caller gets no tickets, so nothing may wait in its name.
      failed = std::current_exception();
      for (const admission& made : admitted)
        if (made.place.flight) wake = vacate(made.place) || wake;
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
  out.settled = answer_at_once(e, request, servable, now);
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
      ++counters_.stale;
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
  flying->wait_until(request.deadline, servable ? 1 : request.max_attempts);
  ++(joins ? counters_.joins : counters_.misses);
  out.place = {std::move(flying), last_id_};
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
  // A reader with nothing to fall back on is not told of yesterday's outage: it asks, like the
  // reader of an entry that never had a value.
  if (servable && backing_off(e, now.clocks)) {
    ++counters_.stale;
    return stale_outcome(e.current, e.failure);
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
  made->seats_.reserve(1);
  // Room for every flight, so that queueing cannot fail when one lands.
  if (queue_.capacity() <= counters_.flights) queue_.reserve(2 * counters_.flights + 4);
  e->next = made;
  ++counters_.flights;
  if (!e->running) queue_.push_back(made);
  return made;
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
    const entry& e = *left.target();
    if (left.state_ == flight_state::abandoned)
      return failed_outcome(cancelled_error(e, "its flight ended in a fork. Read it again."));
    const auto seat_at = left.find(place.seat);
    if (seat_at == left.seats_.end()) return std::nullopt;
    if (servable_stale(e.current, seat_at->max_age, seat_at->stale_if_error, now.clocks)) {
      out = stale_outcome(e.current, e.failure);
      ++counters_.stale;
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
    flying->state_ = flight_state::running;
    flying->token_ = e.invalidations;
    flying->request_start_ = now.clocks;
    flying->since_ = now.steady;
    e.running = std::move(flying);
    e.next = nullptr;
  }
  queue_.clear();
  out.abandoned.swap(abandoned_);
  abandoned_.swap(room);
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
    out.reserve(done->seats_.size());
    for (seat& taken : done->seats_)
      out.push_back({std::move(taken.who), taken.index, value_outcome(origin::fetched, fresh)});
    wake = land(done, flight_state::settled);
    ++counters_.loads;
    if (done->token_ == e.invalidations) keep(e, fresh);
  }
  if (wake) wake_();
  deliver(out);
}

void engine::fail(const flight_ptr& done, const error_info& why, const core::moment& now) {
  std::vector<delivery> out;
  error_info remembered = why;
  bool wake = false;
  {
    const section lock(*this);
    if (done->state_ != flight_state::running) return;
    entry& e = *done->target();
    std::size_t stale = 0;
    out.reserve(done->seats_.size());
    for (const seat& taken : done->seats_) {
      const bool serve = why.retryable &&
                         servable_stale(e.current, taken.max_age, taken.stale_if_error, now.clocks);
      stale += serve ? 1U : 0U;
      out.push_back(
          {taken.who, taken.index, serve ? stale_outcome(e.current, why) : failed_outcome(why)});
    }
    if (done->token_ == e.invalidations) remember(e, std::move(remembered), now);
    counters_.stale += stale;
    ++counters_.failures;
    wake = land(done, flight_state::settled);
  }
  if (wake) wake_();
  deliver(out);
}

void engine::remember(entry& e, error_info why, const core::moment& now) {
  if (why.kind == error_kind::cancelled) return;
  if (why.kind == error_kind::not_found) replace_value(e, nullptr);
  e.failed_at = now.clocks;
  if (why.retryable) {
    ++e.failures;
    e.back_off = back_off_delay(e.failures, next_random(random_));
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
