// Computations of memoised functions, step by step: who computes, who waits for whom.
//
// Every step is done without running Python code, so that the GIL makes it one step; what has to
// run afterwards is collected in an aftermath. Where a step does run some, it says so.
#pragma once

#include "python/memo.hpp"

namespace lambda_cache::python {

/// All flights there are, for a fork to look through. Never destroyed.
[[nodiscard]] std::vector<memo_flight*>& flights();
/// One that has not begun. Null with the Python error set.
[[nodiscard]] memo_flight* new_flight(memo& of, memo_entry& entry);
/// It begins now, in that thread.
void start(memo_flight& flight, pthread_t leader) noexcept;

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

/// It is over: whoever waits for it is to be woken, and the next one begins.
void end(memo_flight& flight, memo_flight::state how, aftermath& after);
/// Notes a failure; whether it is a passing one.
bool note_failure(memo_flight& flight, PyObject* error) noexcept;
/// The old value where it may stand in for that failure; else null. A new reference.
[[nodiscard]] PyObject* stale_value(memo_flight& flight, bool is_forced) noexcept;
/// A line in the log when an outage begins. Runs Python code.
void log_outage(memo_flight& flight, PyObject* error);

/// It brought that value. Runs Python code, after everything is in place.
void settle(memo_flight& flight, PyObject* value);
/// The same of a failure; `error` is taken over. What the caller gets: the stale value, or null
/// with the error set.
[[nodiscard]] PyObject* settle_error(memo_flight& flight, PyObject* error, bool is_forced);

enum class turn { value, lead, alone, wait, lock_needed, failed };

/// Decides what a call does. `mine` is a flight of its own, not used yet; `lock` is null until one
/// is asked for. `out`: the value, or the flight to wait for; a new reference.
[[nodiscard]] turn admit(memo& of, memo_entry& entry, bool is_forced, memo_flight& mine,
                         PyObject* lock, PyObject** out);
/// Computations of threads that a fork left behind make room.
void forget_lost(memo_entry& entry);
/// A thread leaves without having got what it waited for. Runs Python code at its end: no error may
/// be set.
void leave(memo_flight& flight);

}  // namespace lambda_cache::python
