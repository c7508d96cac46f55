#include "python/memo_steps.hpp"

#include "cache/policy.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <unordered_map>

namespace lambda_cache::python {
namespace {

/// What each thread waits for. Never destroyed.
using waiting_threads = std::unordered_map<pthread_t, memo_flight*>;
waiting_threads& waiting() {
  static auto* const all = new waiting_threads();
  return *all;
}

/// In the child only the thread that forked goes on: what others computed is never finished.
void after_fork_in_child() {
  for (memo_flight* each : flights()) {
    each->is_lost =
        each->at != memo_flight::state::flying || pthread_equal(each->leader, pthread_self()) == 0;
    each->seats->clear();  // not even their locks are touched: there may be no interpreter here
  }
  waiting().clear();
}

std::uint64_t next_number() noexcept {
  static std::uint64_t last = 0;
  return ++last;
}

}  // namespace

std::vector<memo_flight*>& flights() {
  static auto* const all = new std::vector<memo_flight*>();
  return *all;
}

memo_flight* new_flight(memo& of, memo_entry& entry) {
  static const bool installed = ::pthread_atfork(nullptr, nullptr, after_fork_in_child) == 0;
  (void)installed;
  try {
    flights().reserve(flights().size() + 1);
    auto seats = std::make_unique<std::vector<memo_flight::seat>>();
    PyObject* const made = PyType_GenericAlloc(memo_flight_type, 0);
    if (made == nullptr) return nullptr;
    memo_flight& fresh = *as_flight(made);
    fresh.seats = seats.release();
    fresh.of = held(&of);
    fresh.entry = held(&entry);
    ++entry.flights;
    flights().push_back(&fresh);
    return &fresh;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return nullptr;
  }
}

void start(memo_flight& flight, pthread_t leader) noexcept {
  flight.at = memo_flight::state::flying;
  flight.leader = leader;
  flight.started = core::now();
  flight.number = next_number();
}

namespace {

/// Whether `thread` waits, over however many others, for this very thread.
bool waits_for_me(pthread_t thread) noexcept {
  const pthread_t me = pthread_self();
  for (std::size_t steps = 0; steps <= waiting().size(); ++steps) {
    if (pthread_equal(thread, me) != 0) return true;
    const auto found = waiting().find(thread);
    if (found == waiting().end()) return false;
    const memo_flight* flight = found->second;
    if (flight->at == memo_flight::state::queued) flight = flight->entry->current;
    if (flight == nullptr || flight->at != memo_flight::state::flying) return false;
    thread = flight->leader;
  }
  return false;
}

/// The first who waits goes on to compute. False: nobody waits.
bool promote_waiter(memo_flight& flight, aftermath& after) {
  if (flight.seats->empty()) return false;
  const memo_flight::seat first = flight.seats->front();
  flight.seats->erase(flight.seats->begin());
  waiting().erase(first.thread);
  start(flight, first.thread);
  ++flight.of->misses;
  after.promoted = first.lock;
  return true;
}

/// The flight is no more the entry's: the next one begins.
void end_current(memo_flight& flight, aftermath& after) {
  memo_entry& entry = *flight.entry;
  if (entry.current != &flight) return;
  after.drop.push_back(ref::steal(as_object(std::exchange(entry.current, nullptr))));
  memo_flight* const next = std::exchange(entry.next, nullptr);
  if (next == nullptr) return;
  if (!next->is_lost && promote_waiter(*next, after))
    entry.current = next;
  else
    after.drop.push_back(ref::steal(as_object(next)));
}

}  // namespace

void end(memo_flight& flight, memo_flight::state how, aftermath& after) {
  if (flight.at == memo_flight::state::settled || flight.at == memo_flight::state::ended) return;
  flight.at = how;
  --flight.entry->flights;
  for (const memo_flight::seat& each : *flight.seats)
    waiting().erase(each.thread);
  after.wake.swap(*flight.seats);
  end_current(flight, after);
}

bool note_failure(memo_flight& flight, PyObject* error) noexcept {
  memo& of = *flight.of;
  ++of.failures;
  flight.is_passing =
      of.stale_if_error != 0 && PyErr_GivenExceptionMatches(error, of.retry_on) != 0;
  if (!flight.is_passing) return false;
  memo_entry& entry = *flight.entry;
  entry.failures = std::min(entry.failures + 1, 1000);
  entry.back_off = cache::back_off_delay(entry.failures, wiring::jitter().next());
  entry.failed_at = core::now();
  return true;
}

PyObject* stale_value(memo_flight& flight, bool is_forced) noexcept {
  memo_entry& entry = *flight.entry;
  if (is_forced || !flight.is_passing || !is_servable(entry, *flight.of, core::now()))
    return nullptr;
  ++flight.of->stale;
  return held(entry.value);
}

void log_outage(memo_flight& flight, PyObject* error) {
  if (std::exchange(flight.entry->in_outage, true)) return;
  const ref log = import_attribute("lambda_cache._function", "log_stale");
  const ref done =
      log ? ref::steal(PyObject_CallFunctionObjArgs(log.get(), flight.of->function, error, nullptr))
          : ref();
  if (!done) PyErr_WriteUnraisable(as_object(flight.of));
}

void settle(memo_flight& flight, PyObject* value) {
  aftermath after;
  flight.value = Py_NewRef(value);
  end(flight, memo_flight::state::settled, after);
  try {
    keep(*flight.entry, flight, value, after.drop);
  } catch (const std::bad_alloc&) {
    PyErr_Clear();  // it is not kept then
  }
  // Whoever waits goes on before Python code runs here, which may ask for what they compute.
  after.run();
  try {
    evict(*flight.of);
  } catch (const std::bad_alloc&) {
    PyErr_Clear();  // one too many is kept until the next
  }
  drop_if_empty(*flight.entry);
}

PyObject* settle_error(memo_flight& flight, PyObject* error, bool is_forced) {
  aftermath after;
  const bool is_ordinary = PyErr_GivenExceptionMatches(error, PyExc_Exception) != 0;
  if (is_ordinary) {
    flight.error = Py_NewRef(error);
    flight.trace = PyException_GetTraceback(error);
    (void)note_failure(flight, error);
    end(flight, memo_flight::state::settled, after);
  } else if (flight.at == memo_flight::state::flying && flight.entry->current == &flight &&
             promote_waiter(flight, after)) {
    // Ctrl-C and the like concern this thread only: the first of the others computes instead.
  } else {
    end(flight, memo_flight::state::ended, after);
  }
  PyObject* const instead = is_ordinary ? stale_value(flight, is_forced) : nullptr;
  after.run();
  drop_if_empty(*flight.entry);
  if (instead == nullptr) {
    set_error(error);
    return nullptr;
  }
  log_outage(flight, error);
  Py_DECREF(error);
  return instead;
}

turn admit(memo& of, memo_entry& entry, bool is_forced, memo_flight& mine, PyObject* lock,
           PyObject** out) {
  const core::instant now = core::now();
  if (!is_forced) {
    if (is_fresh_now(entry, of.max_age, now)) {
      ++of.hits;
      *out = Py_NewRef(entry.value);
      if (entry.owner != nullptr) used(entry, of);
      return turn::value;
    }
    if (is_servable(entry, of, now) && is_backing_off(entry, now)) {
      ++of.stale;
      *out = Py_NewRef(entry.value);
      return turn::value;
    }
  }
  if (entry.current == nullptr) {
    start(mine, pthread_self());
    entry.current = held(&mine);
    ++of.misses;
    return turn::lead;
  }
  if (waits_for_me(entry.current->leader)) {
    start(mine, pthread_self());
    ++of.misses;
    return turn::alone;
  }
  if (lock == nullptr) return turn::lock_needed;
  const bool joins =
      !is_forced && cache::is_fresh(cache::age_of(entry.current->started, now), of.max_age);
  memo_flight* target = joins ? entry.current : entry.next;
  try {
    if (target == nullptr) {
      mine.seats->push_back({pthread_self(), lock});
      waiting()[pthread_self()] = &mine;
      target = entry.next = held(&mine);
    } else {
      target->seats->push_back({pthread_self(), lock});
      waiting()[pthread_self()] = target;
      ++of.joins;
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return turn::failed;
  }
  Py_INCREF(lock);
  *out = as_object(held(target));
  return turn::wait;
}

void forget_lost(memo_entry& entry) {
  garbage lost;
  for (memo_flight** each : {&entry.current, &entry.next}) {
    if (*each == nullptr || !(*each)->is_lost) continue;
    --entry.flights;
    (*each)->at = memo_flight::state::ended;
    lost.push_back(ref::steal(as_object(std::exchange(*each, nullptr))));
  }
}

void leave(memo_flight& flight) {
  aftermath after;
  const pthread_t me = pthread_self();
  const auto found = std::ranges::find_if(*flight.seats, [&](const memo_flight::seat& each) {
    return pthread_equal(each.thread, me) != 0;
  });
  if (found != flight.seats->end()) {
    after.drop.push_back(ref::steal(found->lock));
    flight.seats->erase(found);
    waiting().erase(me);
  } else if (flight.at == memo_flight::state::flying && pthread_equal(flight.leader, me) != 0) {
    // It was to compute just now.
    if (!promote_waiter(flight, after)) end(flight, memo_flight::state::ended, after);
  }
  memo_entry& entry = *flight.entry;
  if (entry.next == &flight && flight.seats->empty()) {
    entry.next = nullptr;
    end(flight, memo_flight::state::ended, after);
    after.drop.push_back(ref::steal(as_object(&flight)));
  }
  after.run();
  drop_if_empty(entry);
}

}  // namespace lambda_cache::python
