#include "python/values.hpp"

#include <string_view>

namespace lambda_cache::python {
namespace {

/// Never fails on the text itself: a UnicodeDecodeError would carry the value.
ref text(std::string_view from) {
  return ref::steal(
      PyUnicode_DecodeUTF8(from.data(), static_cast<Py_ssize_t>(from.size()), "surrogateescape"));
}

}  // namespace

ref each_to_python(const core::value_data& several, const member_converter& convert) {
  ref made = ref::steal(PyDict_New());
  if (!made) return {};
  for (const core::named_value& each : several.members) {
    const ref name = text(each.name);
    const ref value = name ? convert(*each.value.internals(), each.name) : ref();
    if (!value || PyDict_SetItem(made.get(), name.get(), value.get()) != 0) return {};
  }
  return made;
}

ref to_python(const core::value_data& value) {
  // A path of bytes that are no UTF-8 comes as os.fsdecode() gives it.
  if (value.kind == core::value_kind::text || value.kind == core::value_kind::file)
    return text(value.view());
  if (value.kind == core::value_kind::bytes)
    return ref::steal(PyBytes_FromStringAndSize(value.content.data(),
                                                static_cast<Py_ssize_t>(value.content.size())));
  if (value.kind == core::value_kind::several)
    return each_to_python(
        value, [](const core::value_data& each, std::string_view) { return to_python(each); });
  const auto items = core::split_list(value.view());
  ref list = ref::steal(PyList_New(static_cast<Py_ssize_t>(items.size())));
  if (!list) return {};
  for (std::size_t i = 0; i < items.size(); ++i) {
    ref item = text(items[i]);
    if (!item || PyList_SetItem(list.get(), static_cast<Py_ssize_t>(i), item.release()) != 0)
      return {};
  }
  return list;
}

namespace {

PyObject* copy_list(PyObject* from) noexcept {
  const Py_ssize_t size = PyList_Size(from);
  ref copy = ref::steal(PyList_New(size));
  for (Py_ssize_t i = 0; copy && i < size; ++i) {
    // Held, because copying may run the garbage collector, and that anything.
    const ref item = ref::borrow(PyList_GetItem(from, i));
    PyObject* const own = item ? deep_copy(item.get()) : nullptr;
    if (own == nullptr || PyList_SetItem(copy.get(), i, own) != 0) return nullptr;
  }
  return copy.release();
}

PyObject* copy_dict(PyObject* from) noexcept {
  ref copy = ref::steal(PyDict_Copy(from));
  if (!copy) return nullptr;
  PyObject* key = nullptr;
  PyObject* item = nullptr;
  // Replacing the value of a key that is there does not disturb the iteration.
  for (Py_ssize_t at = 0; PyDict_Next(copy.get(), &at, &key, &item) != 0;) {
    if (copying_of(item) == copying::nothing) continue;
    const ref held = ref::borrow(item);
    const ref own = ref::steal(deep_copy(held.get()));
    if (!own || PyDict_SetItem(copy.get(), key, own.get()) != 0) return nullptr;
  }
  return copy.release();
}

}  // namespace

PyObject* deep_copy(PyObject* value) noexcept {
  if (copying_of(value) == copying::nothing) {
    Py_INCREF(value);
    return value;
  }
  if (Py_EnterRecursiveCall(" while copying a cached value") != 0) return nullptr;
  PyObject* const copy = PyList_CheckExact(value) ? copy_list(value) : copy_dict(value);
  Py_LeaveRecursiveCall();
  return copy;
}

}  // namespace lambda_cache::python
