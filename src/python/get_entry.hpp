// ssm.get_entry as a native callable.
#pragma once

#include "python/api.hpp"

namespace lambda_cache::python {

[[nodiscard]] bool add_entry_getter_type(PyObject* module);

/// A callable that reads. `resolve` makes a Reader from the same arguments; it is called once per
/// shape of arguments. Null with the Python error set.
[[nodiscard]] ref make_entry_getter(PyObject* resolve);

}  // namespace lambda_cache::python
