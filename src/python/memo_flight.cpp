// Computations: who computes, who waits for whom.
//
// Every step here is done without running Python code, so that the GIL makes it one step. Calls of
// the function and of locks lie between the steps, in frames without destructors: a thread that the
// interpreter ends at its shutdown unwinds through them.
#include "cache/policy.hpp"
#include "python/errors.hpp"
#include "python/memo.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <unordered_map>

namespace lambda_cache::python {
namespace {

PyTypeObject* flight_type = nullptr;

/// All there are, for a fork to look through, and what each thread waits for. Never destroyed.
std::vector<memo_flight*>& flights() {
  static auto* const all = new std::vector<memo_flight*>();
  return *all;
}
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

std::uint64_t next_random() noexcept {
  static std::uint64_t state = wiring::random_seed();
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

memo_flight* new_flight(memo& of, memo_entry& entry) {
  static const bool installed = ::pthread_atfork(nullptr, nullptr, after_fork_in_child) == 0;
  (void)installed;
  try {
    flights().reserve(flights().size() + 1);
    auto seats = std::make_unique<std::vector<memo_flight::seat>>();
    PyObject* const made = PyType_GenericAlloc(flight_type, 0);
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

/// Locks that are to be released, and references to be dropped, once everything is in place.
struct aftermath {
  std::vector<memo_flight::seat> wake;
  PyObject* promoted = nullptr;  // another lock
  garbage drop;

  // What the steps add needs no memory then.
  aftermath() { drop.reserve(4); }

  void run() {
    for (const memo_flight::seat& each : wake)
      release(each.lock);
    wake.clear();
    if (promoted != nullptr) release(std::exchange(promoted, nullptr));
    drop.clear();
  }

 private:
  static void release(PyObject* lock) {
    Py_XDECREF(PyObject_CallMethod(lock, "release", nullptr));
    if (PyErr_Occurred() != nullptr) PyErr_WriteUnraisable(lock);
    Py_DECREF(lock);
  }
};

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

void end(memo_flight& flight, memo_flight::state how, aftermath& after) {
  if (flight.at == memo_flight::state::settled || flight.at == memo_flight::state::ended) return;
  flight.at = how;
  --flight.entry->flights;
  for (const memo_flight::seat& each : *flight.seats)
    waiting().erase(each.thread);
  after.wake.swap(*flight.seats);
  end_current(flight, after);
}

/// Notes a failure; whether it is a passing one.
bool note_failure(memo_flight& flight, PyObject* error) noexcept {
  memo& of = *flight.of;
  ++of.failures;
  flight.is_passing =
      of.stale_if_error != 0 && PyErr_GivenExceptionMatches(error, of.retry_on) != 0;
  if (!flight.is_passing) return false;
  memo_entry& entry = *flight.entry;
  entry.failures = std::min(entry.failures + 1, 1000);
  entry.back_off = cache::back_off_delay(entry.failures, next_random());
  entry.failed_at = core::now();
  return true;
}

/// The old value where it may stand in for that failure; else null. A new reference.
PyObject* stale_value(memo_flight& flight, bool is_forced) noexcept {
  memo_entry& entry = *flight.entry;
  if (is_forced || !flight.is_passing || !is_servable(entry, *flight.of, core::now()))
    return nullptr;
  ++flight.of->stale;
  return held(entry.value);
}

/// A line in the log when an outage begins. Runs Python code.
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
  after.run();
  drop_if_empty(*flight.entry);
}

/// `error` is taken over. What the caller gets: the stale value, or null with the error set.
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

enum class turn { value, lead, alone, wait, lock_needed, failed };

/// One step: decides what a call does. `mine` is a flight of its own, not used yet; `lock` is null
/// until one is asked for. `out`: the value, or the flight to wait for; a new reference.
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

/// Computations of threads that a fork left behind make room.
void forget_lost(memo_entry& entry) {
  garbage lost;
  for (memo_flight** each : {&entry.current, &entry.next}) {
    if (*each == nullptr || !(*each)->is_lost) continue;
    --entry.flights;
    (*each)->at = memo_flight::state::ended;
    lost.push_back(ref::steal(as_object(std::exchange(*each, nullptr))));
  }
}

/// A thread leaves without having got what it waited for.
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

PyObject* taken_lock() {
  static PyObject* const make = import_attribute("_thread", "allocate_lock").release();
  PyObject* const lock = make == nullptr ? nullptr : PyObject_CallNoArgs(make);
  if (lock == nullptr) return nullptr;
  PyObject* const taken = PyObject_CallMethod(lock, "acquire", nullptr);
  if (taken == nullptr) {
    Py_DECREF(lock);
    return nullptr;
  }
  Py_DECREF(taken);
  return lock;
}

/// Neither can be handed out twice.
bool refuse_iterator(const memo& of, PyObject* value) {
  static PyObject* const types = [] {
    const ref coroutine = import_attribute("types", "CoroutineType");
    const ref generator = import_attribute("types", "GeneratorType");
    const ref asynchronous = import_attribute("types", "AsyncGeneratorType");
    return coroutine && generator && asynchronous
               ? PyTuple_Pack(3, coroutine.get(), generator.get(), asynchronous.get())
               : nullptr;
  }();
  if (types == nullptr) return true;
  for (Py_ssize_t i = 0; i < 3; ++i) {
    if (as_object(Py_TYPE(value)) != PyTuple_GetItem(types, i)) continue;
    PyErr_Format(PyExc_TypeError,
                 "%R returned a %s, which can be used only once and so cannot be memoised: memoise "
                 "the `async def` function itself, or return a list",
                 of.function, i == 0 ? "coroutine" : "generator");
    return true;
  }
  return false;
}

PyObject* call_function(memo& of, memo_flight& flight, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames, bool is_forced) {
  PyObject* value = PyObject_Vectorcall(of.function, args, nargsf, kwnames);
  if (value != nullptr && refuse_iterator(of, value)) Py_CLEAR(value);
  if (value == nullptr) return settle_error(flight, take_error(), is_forced);
  settle(flight, value);
  return value;
}

/// What a flight brought to one who waited. Null with the error set: an exception of its own.
PyObject* outcome_for_waiter(memo_flight& flight, bool is_forced) {
  if (flight.value != nullptr) return Py_NewRef(flight.value);
  if (PyObject* const old = stale_value(flight, is_forced)) {
    log_outage(flight, flight.error);
    return old;
  }
  static PyObject* const copy = import_attribute("lambda_cache._function", "own_copy").release();
  if (copy == nullptr) return nullptr;
  PyObject* const own = PyObject_CallFunctionObjArgs(
      copy, flight.error, flight.trace != nullptr ? flight.trace : Py_None, nullptr);
  if (own != nullptr) set_error(own);
  return nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  memo_flight& flight = *as_flight(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_object(flight.of));
  Py_VISIT(as_object(flight.entry));
  Py_VISIT(flight.value);
  Py_VISIT(flight.error);
  Py_VISIT(flight.trace);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(as_flight(self)->error);
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  memo_flight& old = *as_flight(self);
  std::erase(flights(), &old);
  if (old.at != memo_flight::state::settled && old.at != memo_flight::state::ended)
    --old.entry->flights;
  for (const memo_flight::seat& each : *old.seats)
    Py_DECREF(each.lock);
  delete old.seats;
  Py_XDECREF(old.value);
  Py_XDECREF(old.error);
  Py_XDECREF(old.trace);
  Py_XDECREF(as_object(old.entry));
  Py_XDECREF(as_object(old.of));
  PyObject_GC_Del(self);
  Py_DECREF(as_object(type));
}

PyObject* is_joinable(PyObject* self, PyObject*) {
  const memo_flight& flight = *as_flight(self);
  return PyBool_FromLong(
      cache::is_fresh(cache::age_of(flight.started, core::now()), flight.of->max_age) ? 1 : 0);
}

PyObject* store(PyObject* self, PyObject* value) {
  settle(*as_flight(self), value);
  Py_RETURN_NONE;
}

PyObject* fail(PyObject* self, PyObject* error) {
  memo_flight& flight = *as_flight(self);
  aftermath after;
  if (PyErr_GivenExceptionMatches(error, PyExc_Exception) != 0) (void)note_failure(flight, error);
  end(flight, memo_flight::state::ended, after);
  after.run();
  drop_if_empty(*flight.entry);
  Py_RETURN_NONE;
}

/// The old value that may stand in, as a tuple of one, or None.
PyObject* stale(PyObject* self, PyObject* error) {
  memo_flight& flight = *as_flight(self);
  PyObject* const old = stale_value(flight, false);
  if (old == nullptr) Py_RETURN_NONE;
  log_outage(flight, error);
  PyObject* const one = PyTuple_Pack(1, old);
  Py_DECREF(old);
  return one;
}

PyMethodDef methods[] = {
    {"is_joinable", is_joinable, METH_NOARGS, "Whether a call may take what it will bring."},
    {"store", store, METH_O, "It brought this value."},
    {"fail", fail, METH_O, "It raised this exception, or was cancelled."},
    {"stale", stale, METH_O, "The old value that may stand in for that failure, in a tuple."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, slot_function(dealloc)},
    {Py_tp_traverse, slot_function(traverse)},
    {Py_tp_clear, slot_function(clear)},
    {Py_tp_methods, methods},
    {0, nullptr},
};

PyType_Spec spec = {"lambda_cache._native.MemoFlight", sizeof(memo_flight), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                        Py_TPFLAGS_IMMUTABLETYPE,
                    slots};

}  // namespace

PyObject* take_error() noexcept {
#if PY_VERSION_HEX >= 0x030C0000
  return PyErr_GetRaisedException();
#else
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != nullptr) PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return value;
#endif
}

void set_error(PyObject* error) noexcept {
#if PY_VERSION_HEX >= 0x030C0000
  PyErr_SetRaisedException(error);
#else
  PyErr_Restore(Py_NewRef(as_object(Py_TYPE(error))), error, PyException_GetTraceback(error));
#endif
}

PyObject* compute(memo& of, memo_entry* entry, PyObject* const* args, std::size_t nargsf,
                  PyObject* kwnames, bool is_forced) {
  PyObject* result = nullptr;
  PyObject* lock = nullptr;
  bool is_done = false;
  is_forced = is_forced || of.max_age == 0;
  while (!is_done) {
    memo_flight* const mine = new_flight(of, *entry);
    if (mine == nullptr) break;
    forget_lost(*entry);
    PyObject* got = nullptr;
    switch (admit(of, *entry, is_forced, *mine, lock, &got)) {
      case turn::value:
        result = got;
        is_done = true;
        break;
      case turn::lead:
      case turn::alone:
        result = call_function(of, *mine, args, nargsf, kwnames, is_forced);
        is_done = true;
        break;
      case turn::lock_needed:
        lock = taken_lock();
        is_done = lock == nullptr;
        break;
      case turn::failed:
        is_done = true;
        break;
      case turn::wait: {
        memo_flight& flight = *as_flight(got);
        PyObject* const woken = PyObject_CallMethod(lock, "acquire", nullptr);
        if (woken == nullptr) {  // Ctrl-C
          leave(flight);
          is_done = true;
        } else {
          Py_DECREF(woken);
          if (flight.at == memo_flight::state::settled) {
            result = outcome_for_waiter(flight, is_forced);
            is_done = true;
          } else if (flight.at == memo_flight::state::flying) {
            result = call_function(of, flight, args, nargsf, kwnames, is_forced);
            is_done = true;
          }
        }
        Py_DECREF(got);
        break;
      }
    }
    Py_DECREF(as_object(mine));
  }
  Py_XDECREF(lock);
  drop_if_empty(*entry);
  Py_DECREF(as_object(entry));
  return result;
}

bool add_flight_type(PyObject* module) {
  PyObject* const made = PyType_FromModuleAndSpec(module, &spec, nullptr);
  flight_type = reinterpret_cast<PyTypeObject*>(made);
  return made != nullptr && PyModule_AddObjectRef(module, "MemoFlight", made) == 0;
}

PyObject* begin_flight(memo& of, memo_entry& entry) {
  memo_flight* const made = new_flight(of, entry);
  if (made == nullptr) return nullptr;
  start(*made, pthread_self());
  ++of.misses;
  return as_object(made);
}

PyObject* peek_entry(memo& of, memo_entry& entry) {
  const core::instant now = core::now();
  if (is_fresh_now(entry, of.max_age, now)) {
    ++of.hits;
    if (entry.owner != nullptr) used(entry, of);
  } else if (is_servable(entry, of, now) && is_backing_off(entry, now)) {
    ++of.stale;
  } else {
    Py_RETURN_NONE;
  }
  return PyTuple_Pack(1, entry.value);
}

}  // namespace lambda_cache::python
