#include "python/get_entry.hpp"

#include "python/round.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace lambda_cache::python {
namespace {

/// Calls with more arguments than this are always looked up by value.
constexpr std::size_t max_arguments = 4;
/// Lookups by value that are remembered; more than this, and all are forgotten.
constexpr Py_ssize_t max_known = 2048;

/// One call as it was made before, recognised by the identity of its arguments, which are kept
/// alive: at one place in the code they are the same constants each time.
struct call_line {
  std::size_t positional = 0;
  std::size_t count = 0;  // arguments, keywords included
  PyObject* kwnames = nullptr;
  std::array<PyObject*, max_arguments> args{};
  PyObject* reader = nullptr;  // null: nothing here

  [[nodiscard]] bool matches(PyObject* const* given, std::size_t n, PyObject* names) const {
    if (reader == nullptr || kwnames != names || positional != n) return false;
    return std::equal(given, given + count, args.begin());
  }
};

struct entry_getter {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  PyObject* resolve;
  PyObject* known;       // dict: arguments by value → Reader
  PyObject* attributes;  // __dict__
  std::array<call_line, 64> lines;
};

PyObject* getter_type = nullptr;
PyTypeObject* function_type = nullptr;  // of functions written in Python

entry_getter* as_getter(PyObject* object) noexcept {
  return reinterpret_cast<entry_getter*>(object);
}

reader* as_reader(PyObject* object) noexcept {
  return reinterpret_cast<reader*>(object);
}

call_line& line_for(entry_getter& self, PyObject* first, PyObject* kwnames) noexcept {
  const auto mixed = (reinterpret_cast<std::uintptr_t>(first) >> 4) +
                     (reinterpret_cast<std::uintptr_t>(kwnames) >> 5);
  return self.lines[(mixed ^ (mixed >> 6)) % self.lines.size()];
}

ref frozen(PyObject* argument);

/// The same for each of a tuple, which is changed: nobody else has it yet.
ref frozen_items(ref tuple) {
  const Py_ssize_t size = tuple ? PyTuple_Size(tuple.get()) : 0;
  for (Py_ssize_t i = 0; i < size; ++i) {
    PyObject* const item = PyTuple_GetItem(tuple.get(), i);
    if (PyUnicode_CheckExact(item)) continue;
    // The types count: 1 and True are equal, but not the same argument.
    const ref part = frozen(item);
    ref typed =
        part ? ref::steal(PyTuple_Pack(2, reinterpret_cast<PyObject*>(Py_TYPE(item)), part.get()))
             : ref();
    if (!typed || PyTuple_SetItem(tuple.get(), i, typed.release()) != 0) return {};
  }
  return tuple;
}

/// A function that takes nothing from around it is the same wherever its code is run anew: a lambda
/// in the body of a handler. Any other function by its identity.
ref frozen_function(PyObject* function) {
  std::array<ref, 5> parts;
  static constexpr const char* names[] = {"__closure__", "__code__", "__globals__", "__defaults__",
                                          "__kwdefaults__"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = ref::steal(PyObject_GetAttrString(function, names[i]));
    if (!parts[i]) return {};
  }
  const bool alone =
      parts[0].get() == Py_None && parts[3].get() == Py_None && parts[4].get() == Py_None;
  if (!alone) return ref::borrow(function);
  const ref globals = ref::steal(PyLong_FromVoidPtr(parts[2].get()));
  return globals ? ref::steal(PyTuple_Pack(2, parts[1].get(), globals.get())) : ref();
}

/// The argument as part of a dict key: lists and dicts by their present content. Empty with an
/// error set: it cannot be.
ref frozen(PyObject* argument) {
  if (PyUnicode_CheckExact(argument)) return ref::borrow(argument);
  if (Py_EnterRecursiveCall(" in the arguments of get_entry") != 0) return {};
  ref made;
  if (PyList_CheckExact(argument)) {
    made = frozen_items(ref::steal(PyList_AsTuple(argument)));
  } else if (PyTuple_CheckExact(argument)) {
    const ref copy = ref::steal(PySequence_List(argument));
    if (copy) made = frozen_items(ref::steal(PyList_AsTuple(copy.get())));
  } else if (PyDict_CheckExact(argument)) {
    const ref items = ref::steal(PyDict_Items(argument));
    if (items) made = frozen_items(ref::steal(PyList_AsTuple(items.get())));
  } else if (Py_TYPE(argument) == function_type) {
    made = frozen_function(argument);
  } else {
    made = ref::borrow(argument);
  }
  Py_LeaveRecursiveCall();
  return made;
}

/// All arguments as one key. The types count: 1 and True are equal, but not the same argument.
ref key_of(PyObject* const* args, std::size_t positional, PyObject* kwnames) {
  const std::size_t count = positional + keyword_count(kwnames);
  ref key = ref::steal(PyTuple_New(static_cast<Py_ssize_t>(2 * count + 1)));
  if (!key) return {};
  PyTuple_SetItem(key.get(), 0, ref::borrow(kwnames != nullptr ? kwnames : Py_None).release());
  for (std::size_t i = 0; i < count; ++i) {
    ref part = frozen(args[i]);
    if (!part) return {};
    const auto at = static_cast<Py_ssize_t>(2 * i + 1);
    PyTuple_SetItem(key.get(), at,
                    ref::borrow(reinterpret_cast<PyObject*>(Py_TYPE(args[i]))).release());
    PyTuple_SetItem(key.get(), at + 1, part.release());
  }
  return key;
}

ref resolve(const entry_getter& self, PyObject* const* args, std::size_t positional,
            PyObject* kwnames) {
  ref made = ref::steal(PyObject_Vectorcall(self.resolve, args, positional, kwnames));
  if (made && !is_reader(made.get())) {
    PyErr_SetString(PyExc_TypeError, "resolve() did not return a Reader");
    return {};
  }
  return made;
}

/// The reader for these arguments, by value.
ref find_reader(const entry_getter& self, PyObject* const* args, std::size_t positional,
                PyObject* kwnames) {
  const bool by_name = positional == 1 && kwnames == nullptr && PyUnicode_CheckExact(args[0]);
  const ref key = by_name ? ref::borrow(args[0]) : key_of(args, positional, kwnames);
  if (!key) return {};
  if (PyObject* const found = PyDict_GetItemWithError(self.known, key.get()))
    return ref::borrow(found);
  if (PyErr_Occurred() != nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return {};
    PyErr_Clear();  // something in there has no hash: resolve() says what is wrong
    return resolve(self, args, positional, kwnames);
  }
  ref made = resolve(self, args, positional, kwnames);
  if (!made) return {};
  if (PyDict_Size(self.known) >= max_known) PyDict_Clear(self.known);
  if (PyDict_SetItem(self.known, key.get(), made.get()) != 0) return {};
  return made;
}

bool is_constant(PyObject* argument) noexcept {
  return PyUnicode_CheckExact(argument) || PyLong_CheckExact(argument) ||
         PyFloat_CheckExact(argument) || PyBool_Check(argument) || argument == Py_None;
}

void remember(call_line& line, PyObject* const* args, std::size_t positional, PyObject* kwnames,
              PyObject* found) noexcept {
  const std::size_t count = positional + keyword_count(kwnames);
  if (count > max_arguments || !std::all_of(args, args + count, is_constant)) return;
  const call_line old = line;
  line = {positional, count, kwnames, {}, found};
  Py_XINCREF(kwnames);
  Py_INCREF(found);
  for (std::size_t i = 0; i < count; ++i) {
    line.args[i] = args[i];
    Py_INCREF(args[i]);
  }
  Py_XDECREF(old.reader);
  Py_XDECREF(old.kwnames);
  for (PyObject* each : old.args)
    Py_XDECREF(each);
}

PyObject* call_slowly(entry_getter& self, PyObject* const* args, std::size_t positional,
                      PyObject* kwnames) {
  const ref found = find_reader(self, args, positional, kwnames);
  if (!found) return nullptr;
  PyObject* const first = positional + keyword_count(kwnames) > 0 ? args[0] : nullptr;
  remember(line_for(self, first, kwnames), args, positional, kwnames, found.get());
  return read_value(*as_reader(found.get()));
}

PyObject* call(PyObject* callable, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  entry_getter& self = *as_getter(callable);
  const std::size_t positional = positional_count(nargsf);
  if (positional == 0 && kwnames == nullptr) return call_slowly(self, args, 0, nullptr);
  const call_line& line = line_for(self, args[0], kwnames);
  if (!line.matches(args, positional, kwnames)) return call_slowly(self, args, positional, kwnames);
  reader& found = *as_reader(line.reader);
  const clocks now;
  if (found.only != nullptr && found.only->is_hit(now, found.max_age)) {
    ++found.only->hits;
    return hand_out(found.only->value, found.only->copies);
  }
  const ref held = ref::borrow(line.reader);
  return read_value(found);
}

/// The method `reader`: what a call with these arguments would read.
PyObject* get_reader(PyObject* self, PyObject* const* args, Py_ssize_t positional,
                     PyObject* kwnames) {
  return find_reader(*as_getter(self), args, static_cast<std::size_t>(positional), kwnames)
      .release();
}

PyMethodDef methods[] = {
    {"reader", reinterpret_cast<PyCFunction>(slot_function(get_reader)),
     METH_FASTCALL | METH_KEYWORDS, "The Reader that a call with these arguments reads."},
    {nullptr, nullptr, 0, nullptr},
};

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_getter(self)->resolve);
  Py_VISIT(as_getter(self)->known);
  Py_VISIT(as_getter(self)->attributes);
  return 0;
}

// `resolve` and `known` stay: the getter may be called until it goes.
int clear(PyObject* self) {
  Py_CLEAR(as_getter(self)->attributes);
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  entry_getter& old = *as_getter(self);
  for (call_line& line : old.lines) {
    Py_XDECREF(line.reader);
    Py_XDECREF(line.kwnames);
    for (PyObject* each : line.args)
      Py_XDECREF(each);
  }
  Py_CLEAR(old.resolve);
  Py_CLEAR(old.known);
  Py_CLEAR(old.attributes);
  PyObject_GC_Del(self);
  Py_DECREF(reinterpret_cast<PyObject*>(type));
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(entry_getter, vectorcall), Py_READONLY,
     nullptr},
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(entry_getter, attributes), Py_READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, slot_function(dealloc)},
    {Py_tp_traverse, slot_function(traverse)},
    {Py_tp_clear, slot_function(clear)},
    {Py_tp_call, slot_function(PyVectorcall_Call)},
    {Py_tp_members, members},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {"lambda_cache._native.EntryGetter", sizeof(entry_getter), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                        Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                    slots};

}  // namespace

bool add_entry_getter_type(PyObject* module) {
  getter_type = PyType_FromModuleAndSpec(module, &spec, nullptr);
  return getter_type != nullptr && PyModule_AddObjectRef(module, "EntryGetter", getter_type) == 0;
}

ref make_entry_getter(PyObject* resolve_with) {
  ref known = ref::steal(PyDict_New());
  if (!known) return {};
  ref made = ref::steal(PyType_GenericAlloc(reinterpret_cast<PyTypeObject*>(getter_type), 0));
  if (!made) return {};
  entry_getter& fresh = *as_getter(made.get());
  new (&fresh.lines) std::array<call_line, 64>();
  fresh.vectorcall = call;
  function_type = Py_TYPE(resolve_with);
  Py_INCREF(resolve_with);
  fresh.resolve = resolve_with;
  fresh.known = known.release();
  return made;
}

}  // namespace lambda_cache::python
