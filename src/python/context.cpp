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

PyObject* as_object(PyTypeObject* type) noexcept {
  return reinterpret_cast<PyObject*>(type);
}

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
  for (std::size_t i = known_types.size() - 1; i > 0; --i)
    known_types[i] = known_types[i - 1];
  Py_INCREF(as_object(type));
  Py_XINCREF(readable);
  known_types[0] = {type, how, readable};
  if (plain_context_type == old.type) plain_context_type = nullptr;
  Py_XDECREF(as_object(old.type));
  Py_XDECREF(old.readable);
  return known_types.data();
}

/// object.__setattr__(context, '__class__', to): what the class itself does about attributes does
/// not count here. Called directly, without looking up __class__ each time.
bool change_class(PyObject* context, PyObject* to) noexcept {
  static constinit PyObject* descriptor = nullptr;  // see kept_attribute()
  static constinit descrsetfunc set = nullptr;
  if (set == nullptr) {
    const ref all = ref::steal(PyObject_GetAttrString(as_object(&PyBaseObject_Type), "__dict__"));
    const ref name = ref::steal(PyUnicode_FromString("__class__"));
    if (!all || !name) return false;
    descriptor = PyObject_GetItem(all.get(), name.get());
    if (descriptor == nullptr) return false;
    set = reinterpret_cast<descrsetfunc>(PyType_GetSlot(Py_TYPE(descriptor), Py_tp_descr_set));
  }
  return set(descriptor, context, to) == 0;
}

/// Whether setting an attribute does nothing but put it into the object's __dict__.
bool sets_plainly(PyTypeObject* type) noexcept {
  const ref theirs = ref::steal(PyObject_GetAttrString(as_object(type), "__setattr__"));
  const ref plain =
      ref::steal(PyObject_GetAttrString(as_object(&PyBaseObject_Type), "__setattr__"));
  if (!theirs || !plain) PyErr_Clear();
  return theirs && theirs.get() == plain.get();
}

bool takes_attributes(PyObject* context) {
  const ref attributes = ref::steal(PyObject_GetAttrString(context, "__dict__"));
  if (!attributes || !PyDict_CheckExact(attributes.get()) || PyType_Check(context)) return false;
  if (sets_plainly(Py_TYPE(context))) return true;
  // A frozen class says so when something is set. (Others are not asked: an attribute more on one
  // object makes all later ones of its class larger and slower.)
  static PyObject* const probe = PyUnicode_InternFromString("_lambda_cache_probe");
  return PyObject_SetAttr(context, probe, Py_None) == 0 && PyObject_DelAttr(context, probe) == 0;
}

/// Lambda makes a new LambdaContext for every invocation: changing the class of each would cost
/// more than everything else here. That class learns to be read like a mapping itself, once.
bool is_lambda_context(PyTypeObject* type) {
  const ref name = ref::steal(PyObject_GetAttrString(as_object(type), "__name__"));
  return name && PyUnicode_Check(name.get()) &&
         PyUnicode_CompareWithASCIIString(name.get(), "LambdaContext") == 0;
}

/// How an object that takes attributes is treated. Null: it does not work with this class.
const known_type* examine_attributes(PyObject* context) {
  PyTypeObject* const type = Py_TYPE(context);
  const char* const how = is_lambda_context(type) ? "make_readable" : "readable";
  const ref make = import_attribute("lambda_cache.context", how);
  const ref readable =
      make ? ref::steal(PyObject_CallFunctionObjArgs(make.get(), as_object(type), nullptr)) : ref();
  if (!readable) return nullptr;
  if (readable.get() == as_object(type)) return remember(type, treatment::attributes);
  if (!change_class(context, readable.get()) || as_object(Py_TYPE(context)) != readable.get())
    return nullptr;
  remember(Py_TYPE(context), treatment::attributes);
  return remember(type, treatment::change, readable.get());
}

/// Decides about a type by one of its objects. Null: the Python error is set.
const known_type* examine(PyObject* context) {
  PyTypeObject* const type = Py_TYPE(context);
  const ref own = import_attribute("lambda_cache.context", "Context");
  const ref mapping = import_attribute("_collections_abc", "MutableMapping");
  if (!own || !mapping) return nullptr;
  if (PyObject_TypeCheck(context, reinterpret_cast<PyTypeObject*>(own.get())))
    return remember(type, treatment::unwrap);
  const int is_mapping = PyObject_IsInstance(context, mapping.get());
  if (is_mapping < 0) return nullptr;
  if (is_mapping != 0) return remember(type, treatment::items);
  if (takes_attributes(context))
    if (const known_type* const found = examine_attributes(context)) return found;
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
    case treatment::change:
      // The first of its type has its new class already.
      if (Py_IS_TYPE(context, known->type)) change_to_ = ref::borrow(known->readable);
      how_ = kind::attributes;
      return true;
    case treatment::attributes:
      // Directly it saves what PyObject_SetAttr() does before it comes to the same.
      if (PyType_GetSlot(known->type, Py_tp_setattro) == slot_function(PyObject_GenericSetAttr))
        plain_context_type = known->type;
      how_ = kind::attributes;
      return true;
    case treatment::unwrap:
      how_ = kind::dict;
      dict_ = ref::steal(PyObject_GetAttrString(context, "_values"));
      return static_cast<bool>(dict_);
    case treatment::wrap:
      return wrap();
  }
  return wrap();
}

bool injector::change() {
  return change_class(given_, change_to_.get());
}

bool injector::wrap() {
  how_ = kind::dict;
  const ref own = import_attribute("lambda_cache.context", "Context");
  if (!own) return false;
  wrapped_ = ref::steal(PyObject_CallFunctionObjArgs(own.get(), given_, nullptr));
  if (!wrapped_) return false;
  dict_ = ref::steal(PyObject_GetAttrString(wrapped_.get(), "_values"));
  return static_cast<bool>(dict_);
}

bool injector::set(PyObject* name, PyObject* value) {
  switch (how_) {
    case kind::items:
      return PyObject_SetItem(given_, name, value) == 0;
    case kind::attributes:
      return PyObject_SetAttr(given_, name, value) == 0;
    case kind::dict:
      return PyDict_SetItem(dict_.get(), name, value) == 0;
  }
  return false;
}

}  // namespace lambda_cache::python
