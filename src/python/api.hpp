// CPython's C API as this module uses it: the Limited API of 3.12, also compiled against the full
// API of 3.11, where a few of its names are spelled differently.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x030C0000
#include <structmember.h>
#define Py_T_PYSSIZET T_PYSSIZET
#define Py_READONLY READONLY
#endif

#ifdef Py_GIL_DISABLED
#error "The caches of this module are guarded by the GIL; free-threaded builds are not supported."
#endif

#include <cstddef>
#include <utility>

namespace lambda_cache::python {

/// An owned reference. The GIL must be held whenever one is copied or destroyed.
class ref {
 public:
  ref() noexcept = default;
  ref(const ref& other) noexcept : object_(other.object_) { Py_XINCREF(object_); }
  ref(ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ref& operator=(ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ref() { Py_XDECREF(object_); }

  /// Takes over a reference that the caller owns (what most API calls return).
  [[nodiscard]] static ref steal(PyObject* owned) noexcept {
    ref made;
    made.object_ = owned;
    return made;
  }
  [[nodiscard]] static ref borrow(PyObject* borrowed) noexcept {
    Py_XINCREF(borrowed);
    return steal(borrowed);
  }

  [[nodiscard]] PyObject* get() const noexcept { return object_; }
  [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

/// How many positional arguments a vectorcall has.
[[nodiscard]] inline std::size_t positional_count(std::size_t nargsf) noexcept {
  return nargsf & ~static_cast<std::size_t>(PY_VECTORCALL_ARGUMENTS_OFFSET);
}

[[nodiscard]] inline std::size_t keyword_count(PyObject* kwnames) noexcept {
  return kwnames == nullptr ? 0 : static_cast<std::size_t>(PyTuple_Size(kwnames));
}

/// For the function pointers of type slots and methods.
template <class Function>
[[nodiscard]] void* slot_function(Function* function) noexcept {
  return reinterpret_cast<void*>(function);
}

/// An attribute, or nothing if there is none; other exceptions stay set.
[[nodiscard]] inline ref find_attribute(PyObject* object, const char* name) noexcept {
  ref found = ref::steal(PyObject_GetAttrString(object, name));
  if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
  return found;
}

[[nodiscard]] inline ref import_attribute(const char* module, const char* name) noexcept {
  const ref from = ref::steal(PyImport_ImportModule(module));
  return from ? ref::steal(PyObject_GetAttrString(from.get(), name)) : ref();
}

/// An attribute that is imported at the first call and kept in `kept`, which is null until then.
/// Borrowed; null with the Python error set.
///
/// Not for the initialiser of a local static: importing gives the GIL to other threads, and one
/// that comes to the same static waits for its end without giving the GIL back.
[[nodiscard]] inline PyObject* kept_attribute(PyObject*& kept, const char* module,
                                              const char* name) noexcept {
  if (kept == nullptr) {
    ref found = import_attribute(module, name);
    if (kept == nullptr) kept = found.release();  // else another thread was faster
  }
  return kept;
}

}  // namespace lambda_cache::python
