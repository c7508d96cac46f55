// How values get into a handler's context, by the kind of object it is.
#pragma once

#include "python/api.hpp"

namespace lambda_cache::python {

/// The class whose objects take attributes as they are, that was seen last; null at first. Its
/// objects are set by PyObject_GenericSetAttr().
inline PyTypeObject* plain_context_type = nullptr;

/// Makes a context ready for values and puts them in.
class injector {
 public:
  /// Decides how: a mapping gets items; an object with a __dict__ gets attributes and, in the end,
  /// a class that can be read like a mapping; anything else is wrapped in lambda_cache.Context.
  /// False: the Python error is set.
  [[nodiscard]] bool adapt(PyObject* context);

  /// Puts in one value; `name` is an interned str. False: the Python error is set.
  [[nodiscard]] bool set(PyObject* name, PyObject* value);

  /// After the last value. (An object's class is changed last: until then setting is quicker.)
  [[nodiscard]] bool finish() { return !change_to_ || change(); }

  /// What the handler gets: the context that was given, or its wrapper. Borrowed.
  [[nodiscard]] PyObject* context() const noexcept { return wrapped_ ? wrapped_.get() : given_; }

 private:
  enum class kind { items, attributes, dict };
  [[nodiscard]] bool wrap();
  [[nodiscard]] bool change();

  kind how_ = kind::items;
  PyObject* given_ = nullptr;
  ref wrapped_;
  ref dict_;       // inside lambda_cache.Context
  ref change_to_;  // the class that the object gets
};

}  // namespace lambda_cache::python
