#include "python/running.hpp"

#include <algorithm>
#include <chrono>

namespace lambda_cache::python {
namespace {

PyObject* context_source = nullptr;  // null until something is awaited

}  // namespace

core::deadline deadline_of(PyObject* context) noexcept {
  if (context == nullptr || context == Py_None) return core::no_deadline;
  const ref ask = ref::steal(PyObject_GetAttrString(context, "get_remaining_time_in_millis"));
  const ref left = ask ? ref::steal(PyObject_CallNoArgs(ask.get())) : ref();
  // Mocks answer with mocks: only numbers count.
  if (!left || !(PyLong_Check(left.get()) || PyFloat_Check(left.get()))) {
    PyErr_Clear();
    return core::no_deadline;
  }
  const double milliseconds = PyFloat_AsDouble(left.get());
  if (PyErr_Occurred() != nullptr) PyErr_Clear();
  constexpr double a_day = 86'400'000;
  if (!(milliseconds < a_day)) return core::no_deadline;
  return std::chrono::steady_clock::now() +
         std::chrono::milliseconds(milliseconds > 0 ? static_cast<long>(milliseconds) : 0);
}

core::deadline running_deadline() noexcept {
  core::deadline first = core::no_deadline;
  for (const invocation* frame = running; frame != nullptr; frame = frame->outer)
    first = std::min(first, deadline_of(frame->context));
  if (running != nullptr || context_source == nullptr) return first;
  const ref context = ref::steal(PyObject_CallNoArgs(context_source));
  if (!context) PyErr_Clear();
  return deadline_of(context.get());
}

void set_context_source(ref source) noexcept {
  Py_XDECREF(std::exchange(context_source, source.release()));
}

}  // namespace lambda_cache::python
