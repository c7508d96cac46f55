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

ref to_python(const core::value_data& value) {
  if (value.kind == core::value_kind::text) return text(value.view());
  if (value.kind == core::value_kind::bytes)
    return ref::steal(PyBytes_FromStringAndSize(value.content.data(),
                                                static_cast<Py_ssize_t>(value.content.size())));
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

}  // namespace lambda_cache::python
