// Values of the cache as Python objects.
#pragma once

#include "core/value_data.hpp"
#include "python/api.hpp"

namespace lambda_cache::python {

/// str for text, list of str for a StringList, bytes for bytes. Null with a Python error set when
/// there is no memory.
[[nodiscard]] ref to_python(const core::value_data& value);

/// What a caller may keep and change: a copy of a list, anything else as it is (a new reference).
[[nodiscard]] inline PyObject* hand_out(PyObject* value, bool is_list) noexcept {
  Py_INCREF(value);
  if (!is_list) return value;
  // Making a list may run the garbage collector, and that anything: `value` is held meanwhile.
  PyObject* const copy = PyList_GetSlice(value, 0, PY_SSIZE_T_MAX);
  Py_DECREF(value);
  return copy;
}

}  // namespace lambda_cache::python
