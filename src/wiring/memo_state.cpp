// Computations of memoised functions: who computes, who waits for whom.
#include "wiring/memo_state.hpp"

#include "cache/policy.hpp"
#include "core/invocation.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <mutex>
#include <typeinfo>
#include <utility>

namespace lambda_cache {
namespace wiring {
namespace {

std::uint64_t next_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

[[noreturn]] void throw_timeout() {
  throw error(core::make_error(
      error_kind::timeout,
      "Another thread computes the result of a memoised function, and it is not there 200 ms "
      "before the invocation ends. Give the function more time."));
}

/// Throws another thread's failure: of an `error` a copy.
[[noreturn]] void throw_own(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const error& original) {
    if (typeid(original) == typeid(error)) throw error(original);
    throw;
  }
}

}  // namespace

core::mutex memo_state::lock_;

// Never destroyed: threads may compute until the process ends.
std::vector<memo_flight*>& memo_state::flights() {
  static auto* const all = new std::vector<memo_flight*>();
  return *all;
}
std::unordered_map<std::thread::id, memo_flight*>& memo_state::waiting() {
  static auto* const all = new std::unordered_map<std::thread::id, memo_flight*>();
  return *all;
}

erased memo_state::get(const memo_call& call, bool is_forced) {
  const core::nanos limit = max_age();
  const bool computes = is_forced || limit == 0;
  memo_lines::open();
  erased key;
  for (;;) {
    garbage drop;  // outlives the lock
    auto flight = std::make_shared<memo_flight>(nullptr);
    memo_seat seat;
    memo_entry_ptr entry;
    bool leads = false;
    {
      const core::lock_guard lock(lock_);
      forget_cleared(drop);
      entry = find(call);
      if (!entry && key) entry = add(call, std::exchange(key, nullptr));
      if (entry) {
        flight->entry = entry;
        switch (admit(entry, computes, limit, flight, seat, drop)) {
          case turn::value:
            fill_line(call, entry, limit, drop);
            return memo_result::share(entry->value);
          case turn::lead:
          case turn::alone:
            leads = true;
            break;
          case turn::wait:
            if (!wait(seat)) {
              leave(*flight, seat, drop);
              drop_if_empty(*entry, drop);
              throw_timeout();
            }
            leads = seat.leads;
            if (flight->at != memo_flight::state::settled) break;
            if (flight->value) {
              fill_line(call, flight->entry, limit, drop);
              return flight->value;
            }
            if (erased old = stale_value(*flight, computes, limit)) return old;
            break;
        }
      }
    }
    if (leads) return compute(call, flight, computes, limit);
    if (flight->at == memo_flight::state::settled) throw_own(flight->error);
    if (!flight->entry) key = call.key();
  }
}

memo_state::turn memo_state::admit(const memo_entry_ptr& entry, bool is_forced, core::nanos max_age,
                                   memo_flight_ptr& flight, memo_seat& seat, garbage& out) {
  const core::instant now = core::now();
  if (!is_forced && entry->value) {
    if (cache::is_fresh(cache::age_of(entry->started, now), max_age)) {
      ++seen_.hits;
      entry->touch(now.mono);
      return turn::value;
    }
    if (entry->back_off != 0 &&
        cache::is_fresh(cache::age_of(entry->failed_at, now), entry->back_off) &&
        is_servable(*entry, max_age)) {
      ++seen_.stale;
      return turn::value;
    }
  }
  forget_lost(*entry, out);
  const std::thread::id me = std::this_thread::get_id();
  if (!entry->current || waits_for_me(entry->current->leader)) {
    flights().push_back(flight.get());
    ++entry->flights;
    ++seen_.misses;
    start(*flight, me);
    if (entry->current) return turn::alone;
    entry->current = flight;
    return turn::lead;
  }
  const bool joins =
      !is_forced && cache::is_fresh(cache::age_of(entry->current->started, now), max_age);
  memo_flight_ptr& target = joins ? entry->current : entry->next;
  if (!target) {
    flights().push_back(flight.get());
    ++entry->flights;
    target = flight;
  } else {
    ++seen_.joins;
    flight = target;
  }
  seat.thread = me;
  flight->seats.push_back(&seat);
  waiting()[me] = flight.get();
  return turn::wait;
}

bool memo_state::wait(memo_seat& seat) {
  core::deadline until = core::invocation_deadline();
  if (until != core::no_deadline) until -= core::invocation_margin;
  std::unique_lock held(lock_.native(), std::adopt_lock);
  while (!seat.is_woken) {
    if (until == core::no_deadline)
      seat.woken.wait(held);
    else if (seat.woken.wait_until(held, until) == std::cv_status::timeout)
      break;
  }
  (void)held.release();
  return seat.is_woken;
}

erased memo_state::compute(const memo_call& call, const memo_flight_ptr& flight, bool is_forced,
                           core::nanos max_age) {
  garbage drop;
  memo_entry& entry = *flight->entry;
  try {
    erased value = call.compute();
    const core::lock_guard lock(lock_);
    flight->value = value;
    end(*flight, memo_flight::state::settled, drop);
    if (max_age != 0) keep(*flight, drop);
    fill_line(call, flight->entry, max_age, drop);
    drop_if_empty(entry, drop);
    return value;
  } catch (...) {
    const std::exception_ptr failure = std::current_exception();
    const bool passing = is_passing(failure);
    const core::lock_guard lock(lock_);
    ++seen_.failures;
    flight->error = failure;
    flight->is_passing = passing;
    if (passing) {
      entry.failures = std::min(entry.failures + 1, 1000);
      entry.back_off = cache::back_off_delay(entry.failures, jitter().next());
      entry.failed_at = core::now();
    }
    // What cannot be kept as an exception (a cancelled thread) is nobody else's failure.
    end(*flight, failure ? memo_flight::state::settled : memo_flight::state::ended, drop);
    erased old = stale_value(*flight, is_forced, max_age);
    drop_if_empty(entry, drop);
    if (old) return old;
    throw;
  }
}

bool memo_state::is_passing(const std::exception_ptr& failure) const {
  if (how_.stale_if_error.count() == 0 || !failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& why) {
    try {
      return !how_.retry_on || how_.retry_on(why);
    } catch (...) {
      return false;
    }
  } catch (...) {
    return false;
  }
}

erased memo_state::stale_value(const memo_flight& flight, bool is_forced, core::nanos max_age) {
  if (is_forced || !flight.is_passing || !is_servable(*flight.entry, max_age)) return {};
  ++seen_.stale;
  return memo_result::share(flight.entry->value);
}

void memo_state::start(memo_flight& flight, std::thread::id leader) {
  flight.at = memo_flight::state::flying;
  flight.leader = leader;
  flight.started = core::now();
  flight.number = next_number();
}

bool memo_state::promote(memo_flight& flight) {
  if (flight.seats.empty()) return false;
  memo_seat& first = *flight.seats.front();
  flight.seats.erase(flight.seats.begin());
  waiting().erase(first.thread);
  start(flight, first.thread);
  ++seen_.misses;
  first.leads = first.is_woken = true;
  first.woken.notify_one();
  return true;
}

void memo_state::end(memo_flight& flight, memo_flight::state how, garbage& out) {
  if (flight.at == memo_flight::state::settled || flight.at == memo_flight::state::ended) return;
  flight.at = how;
  std::erase(flights(), &flight);
  memo_entry& entry = *flight.entry;
  --entry.flights;
  for (memo_seat* each : flight.seats) {
    waiting().erase(each->thread);
    each->is_woken = true;
    each->woken.notify_one();
  }
  flight.seats.clear();
  if (entry.current.get() != &flight) return;
  out.push_back(std::exchange(entry.current, nullptr));
  memo_flight_ptr next = std::exchange(entry.next, nullptr);
  if (!next) return;
  if (promote(*next)) {
    entry.current = std::move(next);
  } else {
    end(*next, memo_flight::state::ended, out);
    out.push_back(std::move(next));
  }
}

void memo_state::leave(memo_flight& flight, memo_seat& seat, garbage& out) {
  std::erase(flight.seats, &seat);
  waiting().erase(seat.thread);
  if (flight.entry->next.get() != &flight || !flight.seats.empty()) return;
  out.push_back(std::exchange(flight.entry->next, nullptr));
  end(flight, memo_flight::state::ended, out);
}

bool memo_state::waits_for_me(std::thread::id thread) {
  const std::thread::id me = std::this_thread::get_id();
  for (std::size_t steps = 0; steps <= waiting().size(); ++steps) {
    if (thread == me) return true;
    const auto found = waiting().find(thread);
    if (found == waiting().end()) return false;
    const memo_flight* flight = found->second;
    if (flight->at == memo_flight::state::queued) flight = flight->entry->current.get();
    if (flight == nullptr || flight->at != memo_flight::state::flying) return false;
    thread = flight->leader;
  }
  return false;
}

void memo_state::forget_lost(memo_entry& entry, garbage& out) {
  for (memo_flight_ptr* each : {&entry.current, &entry.next}) {
    if (!*each || !(*each)->is_lost) continue;
    std::erase(flights(), each->get());
    --entry.flights;
    out.push_back(std::exchange(*each, nullptr));
  }
}

void memo_state::before_fork() {
  lock_.lock();
}

void memo_state::after_fork_in_parent() {
  lock_.unlock();
}

void memo_state::after_fork_in_child() {
  // Only the thread that forked goes on: what others computed is never finished, nobody waits.
  for (memo_flight* each : flights()) {
    each->is_lost =
        each->at != memo_flight::state::flying || each->leader != std::this_thread::get_id();
    each->seats.clear();
  }
  waiting().clear();
  lock_.unlock();
}

}  // namespace wiring

inline namespace v0 {
namespace detail {

memo_table::memo_table(memo_options how, const client& in)
    : state_(std::make_shared<wiring::memo_state>(in.internals(), std::move(how))) {}

erased memo_table::get(const memo_call& call) const {
  if (erased found = state_->hit(call)) [[likely]]
    return found;
  return state_->get(call, false);
}

erased memo_table::refresh(const memo_call& call) const {
  return state_->get(call, true);
}

erased memo_table::peek(const memo_call& call) const {
  return state_->peek(call);
}

void memo_table::invalidate(const memo_call& call) const {
  state_->invalidate(call);
}

void memo_table::clear() const {
  state_->clear();
}

memo_info memo_table::info() const {
  return state_->info();
}

}  // namespace detail
}  // namespace v0
}  // namespace lambda_cache
