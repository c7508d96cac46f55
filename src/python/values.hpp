// Values of the cache as Python objects.
#pragma once

#include "core/value_data.hpp"
#include "python/api.hpp"

#include <functional>
#include <string_view>

namespace lambda_cache::python {

/// str for text, list of str for a StringList, bytes for bytes, a dict by name for several. Null
/// with a Python error set when there is no memory.
[[nodiscard]] ref to_python(const core::value_data& value);

/// One of several values, whose name is the second argument.
using member_converter = std::function<ref(const core::value_data&, std::string_view)>;
/// A dict of what `convert` makes of each of several values. Null with a Python error set where it
/// gave null, and when there is no memory.
[[nodiscard]] ref each_to_python(const core::value_data& several, const member_converter& convert);

/// What has to be copied before it is handed out, so that what a caller changes is his own.
enum class copying {
  nothing,
  items,       // a list of texts
  everything,  // lists and dicts, down to the last
};
[[nodiscard]] inline copying copying_of(PyObject* value) noexcept {
  return PyList_CheckExact(value) || PyDict_CheckExact(value) ? copying::everything
                                                              : copying::nothing;
}

/// A copy of lists and dicts, and of those in them; anything else as it is. Null with a Python
/// error set when there is no memory or the nesting is too deep.
[[nodiscard]] PyObject* deep_copy(PyObject* value) noexcept;

/// What a caller may keep and change (a new reference).
[[nodiscard]] inline PyObject* hand_out(PyObject* value, copying how) noexcept {
  Py_INCREF(value);
  if (how == copying::nothing) return value;
  // Copying may run the garbage collector, and that anything: `value` is held meanwhile.
  PyObject* const copy =
      how == copying::items ? PyList_GetSlice(value, 0, PY_SSIZE_T_MAX) : deep_copy(value);
  Py_DECREF(value);
  return copy;
}

}  // namespace lambda_cache::python
