#include "python/context.hpp"

#include <array>

namespace lambda_cache::python {
namespace {

enum class treatment {
  items,       // a mapping
  attributes,  // takes attributes and can be read like a mapping already
  change,      // takes attributes after its class was changed to `readable`
  unwrap,      // lambda_cache.Context
  wrap,        // nothing can be set on it
};

struct known_type {
  PyTypeObject* type = nullptr;  // strong
  treatment how = treatment::wrap;
  PyObject* readable = nullptr;  // strong
};

/// A process sees one or two context types. The first line is the one used last.
std::array<known_type, 8> known_types;

const known_type* find_known(PyTypeObject* type) noexcept {
  if (known_types[0].type == type) return known_types.data();
  for (known_type& each : known_types) {
    if (each.type != type) continue;
    std::swap(each, known_types[0]);
    return known_types.data();
  }
  return nullptr;
}

const known_type* remember(PyTypeObject* type, treatment how, PyObject* readable = nullptr) {
  const known_type old = known_types.back();
  for (std::size_t i = known_types.size() - 1; i > 0; --i) known_types[i] = known_types[i - 1];
  Py_INCREF(type);
  Py_XINCREF(readable);
  known_types[0] = {type, how, readable};
  Py_XDECREF(old.type);
  Py_XDECREF(old.readable);
  return known_types.data();
}

PyObject* class_name() noexcept {
  static PyObject* const name = PyUnicode_InternFromString("__class__");
  return name;
}

/// object.__setattr__: what the class itself does about attributes does not count here.
bool change_class(PyObject* context, PyObject* to) noexcept {
  return PyObject_GenericSetAttr(context, class_name(), to) == 0;
}

bool takes_attributes(PyObject* context) {
  const ref attributes = ref::steal(PyObject_GetAttrString(context, "__dict__"));
  if (!attributes || !PyDict_CheckExact(attributes.get()) || PyType_Check(context)) return false;
  // A frozen class says so when something is set.
  static PyObject* const probe = PyUnicode_InternFromString("_lambda_cache_probe");
  return PyObject_SetAttr(context, probe, Py_None) == 0 && PyObject_DelAttr(context, probe) == 0;
}

/// Decides about a type by one of its objects. Null: the Python error is set.
const known_type* examine(PyObject* context) {
  PyTypeObject* const type = Py_TYPE(context);
  const ref own = import_attribute("lambda_cache.context", "Context");
  const ref mapping = import_attribute("_collections_abc", "MutableMapping");
  const ref make_readable = import_attribute("lambda_cache.context", "readable");
  if (!own || !mapping || !make_readable) return nullptr;
  if (PyObject_TypeCheck(context, reinterpret_cast<PyTypeObject*>(own.get())))
    return remember(type, treatment::unwrap);
  const int is_mapping = PyObject_IsInstance(context, mapping.get());
  if (is_mapping < 0) return nullptr;
  if (is_mapping != 0) return remember(type, treatment::items);
  if (takes_attributes(context)) {
    const ref readable = ref::steal(
        PyObject_CallFunctionObjArgs(make_readable.get(), reinterpret_cast<PyObject*>(type),
                                     nullptr));
    if (readable && change_class(context, readable.get()) &&
        reinterpret_cast<PyObject*>(Py_TYPE(context)) == readable.get()) {
      remember(type, treatment::change, readable.get());
      return remember(Py_TYPE(context), treatment::attributes);
    }
  }
  PyErr_Clear();
  return remember(type, treatment::wrap);
}

}  // namespace

bool injector::adapt(PyObject* context) {
  given_ = context;
  PyTypeObject* const type = Py_TYPE(context);
  if (type == &PyDict_Type) return true;
  const known_type* known = find_known(type);
  if (known == nullptr) known = examine(context);
  if (known == nullptr) return false;
  switch (known->how) {
    case treatment::items:
      return true;
    case treatment::change: {
      how_ = kind::attributes;
      const ref readable = ref::borrow(known->readable);
      if (change_class(context, readable.get())) return true;
      PyErr_Clear();
      return wrap();
    }
    case treatment::attributes:
      how_ = kind::attributes;
      return true;
    case treatment::unwrap:
      how_ = kind::values;
      values_ = ref::steal(PyObject_GetAttrString(context, "_values"));
      return static_cast<bool>(values_);
    case treatment::wrap:
      return wrap();
  }
  return wrap();
}

bool injector::wrap() {
  how_ = kind::values;
  const ref own = import_attribute("lambda_cache.context", "Context");
  if (!own) return false;
  wrapped_ = ref::steal(PyObject_CallFunctionObjArgs(own.get(), given_, nullptr));
  if (!wrapped_) return false;
  values_ = ref::steal(PyObject_GetAttrString(wrapped_.get(), "_values"));
  return static_cast<bool>(values_);
}

bool injector::set(PyObject* name, PyObject* value) {
  switch (how_) {
    case kind::items:
      return PyObject_SetItem(given_, name, value) == 0;
    case kind::attributes:
      return PyObject_SetAttr(given_, name, value) == 0;
    case kind::values:
      return PyDict_SetItem(values_.get(), name, value) == 0;
  }
  return false;
}

}  // namespace lambda_cache::python
