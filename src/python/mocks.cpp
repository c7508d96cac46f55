#include "python/mocks.hpp"

#include "python/api.hpp"

#include <algorithm>

namespace lambda_cache::python {
namespace {

/// Without one of them nothing can be mocked.
constexpr const char* suspects[] = {"moto.core.models", "botocore.stub", "unittest.mock"};

bool may_be_mocked() {
  PyObject* const loaded = PyImport_GetModuleDict();  // borrowed
  return std::ranges::any_of(
      suspects, [&](const char* name) { return PyDict_GetItemString(loaded, name) != nullptr; });
}

}  // namespace

std::optional<error_info> refusal_of_mocks(const std::string& service, const std::string& name) {
  if (!may_be_mocked()) return std::nullopt;
  const ref ask = import_attribute("lambda_cache._mocks", "refusal");
  const ref said =
      ask ? ref::steal(PyObject_CallFunction(ask.get(), "ss", service.c_str(), name.c_str()))
          : ref();
  Py_ssize_t size = 0;
  const char* const text =
      said && said.get() != Py_None ? PyUnicode_AsUTF8AndSize(said.get(), &size) : nullptr;
  // What cannot be found out is no reason to fail a read.
  PyErr_Clear();
  if (text == nullptr) return std::nullopt;
  return core::make_error(error_kind::invalid_argument,
                          std::string(text, static_cast<std::size_t>(size)));
}

}  // namespace lambda_cache::python
