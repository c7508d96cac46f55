// A call of a memoised function that found no fresh value.
//
// Calls of the function and of locks lie between the steps, in frames without destructors: a thread
// that the interpreter ends at its shutdown unwinds through them.
#include "python/memo_steps.hpp"

namespace lambda_cache::python {
namespace {

PyObject* taken_lock() {
  static constinit PyObject* kept = nullptr;
  PyObject* const make = kept_attribute(kept, "_thread", "allocate_lock");
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
  struct iterator {
    const char* type;
    const char* name;
    PyObject* kept;
  };
  static constinit iterator all[] = {{"CoroutineType", "coroutine", nullptr},
                                     {"GeneratorType", "generator", nullptr},
                                     {"AsyncGeneratorType", "generator", nullptr}};
  for (iterator& each : all) {
    PyObject* const type = kept_attribute(each.kept, "types", each.type);
    if (type == nullptr) return true;
    if (as_object(Py_TYPE(value)) != type) continue;
    PyErr_Format(PyExc_TypeError,
                 "%R returned a %s, which can be used only once and so cannot be memoised: memoise "
                 "the `async def` function itself, or return a list",
                 of.function, each.name);
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
  static constinit PyObject* kept = nullptr;
  PyObject* const copy = kept_attribute(kept, "lambda_cache._function", "own_copy");
  if (copy == nullptr) return nullptr;
  PyObject* const own = PyObject_CallFunctionObjArgs(
      copy, flight.error, flight.trace != nullptr ? flight.trace : Py_None, nullptr);
  if (own != nullptr) set_error(own);
  return nullptr;
}

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
        if (woken == nullptr) {                      // Ctrl-C
          PyObject* const interrupt = take_error();  // leaving runs Python code
          leave(flight);
          set_error(interrupt);
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
  PyObject* const error = result == nullptr ? take_error() : nullptr;
  drop_if_empty(*entry);
  Py_DECREF(as_object(entry));
  if (error != nullptr) set_error(error);
  return result;
}

}  // namespace lambda_cache::python
