// The Python object of a computation, and what _function_async.py does with it.
#include "cache/policy.hpp"
#include "python/memo_steps.hpp"

namespace lambda_cache::python {
namespace {

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

bool add_flight_type(PyObject* module) {
  PyObject* const made = PyType_FromModuleAndSpec(module, &spec, nullptr);
  memo_flight_type = reinterpret_cast<PyTypeObject*>(made);
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
