// The decorated handler: a native callable that puts values into the context and calls on.
#pragma once

#include "python/memo.hpp"
#include "python/reader.hpp"
#include "python/round.hpp"

#include <memory>
#include <span>
#include <vector>

namespace lambda_cache::python {

/// What the values are injected into and where it is found in a call.
struct context_argument {
  Py_ssize_t position = 1;
  ref name;               // interned str; null: the handler takes it by position only
  bool optional = false;  // the handler can be called without it
};

/// One value and the name it is injected under.
struct injection {
  ref name;  // interned str
  ref value_reader;
  [[nodiscard]] reader* from() const noexcept {
    return reinterpret_cast<reader*>(value_reader.get());
  }
};

/// The result of a function without arguments, and the name it is injected under.
struct function_injection {
  ref name;  // interned str
  ref function;
  [[nodiscard]] memo& from() const noexcept { return *as_memo(function.get()); }
};

/// What a stack of decorators declares, without what it decorates.
struct plan {
  std::vector<injection> injections;
  std::vector<function_injection> functions;
  std::vector<ref> further_in;  // readers of decorated functions behind foreign decorators
  context_argument where;

  /// The readers of both, own ones first.
  [[nodiscard]] std::vector<reader*> readers() const;
  [[nodiscard]] bool is_hit(const clocks& now) const noexcept;
  /// Counts one of everything injected.
  void count_hits() const noexcept {
    for (const injection& each : injections)
      each.from()->count_hits();
  }
};

/// The values of a plan's functions, computed where they have to be, as part of the invocation with
/// that context. False: the Python error is set. Not for functions that are awaited.
[[nodiscard]] bool call_functions(const plan& what, PyObject* context, std::vector<ref>& out);

/// Values of the decorated functions further in, read by the outermost one for this invocation.
struct prefetched {
  std::vector<reader*> readers;
  std::vector<reading> readings;
};

[[nodiscard]] bool add_wrapper_type(PyObject* module);
[[nodiscard]] bool is_wrapper(PyObject* object) noexcept;
/// A new wrapper around `target`. Null with the Python error set.
[[nodiscard]] ref make_wrapper(PyObject* target, plan what);
[[nodiscard]] const plan& plan_of(PyObject* wrapper) noexcept;
[[nodiscard]] PyObject* target_of(PyObject* wrapper) noexcept;

}  // namespace lambda_cache::python
