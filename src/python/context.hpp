// How values get into a handler's context, by the kind of object it is.
#pragma once

#include "python/api.hpp"

namespace lambda_cache::python {

/// Makes a context ready for values and puts them in.
class injector {
 public:
  /// Decides how: a mapping gets items; an object with a __dict__ gets attributes and a class that
  /// can be read like a mapping; anything else is wrapped in lambda_cache.Context. False: the
  /// Python error is set.
  [[nodiscard]] bool adapt(PyObject* context);

  /// Puts in one value; `name` is an interned str. False: the Python error is set.
  [[nodiscard]] bool set(PyObject* name, PyObject* value);

  /// What the handler gets: the context that was given, or its wrapper. Borrowed.
  [[nodiscard]] PyObject* context() const noexcept { return wrapped_ ? wrapped_.get() : given_; }

 private:
  enum class kind { items, attributes, values };
  [[nodiscard]] bool wrap();

  kind how_ = kind::items;
  PyObject* given_ = nullptr;
  ref wrapped_;
  ref values_;  // the dict inside lambda_cache.Context
};

}  // namespace lambda_cache::python
