#include "python/memo.hpp"

#include "cache/policy.hpp"
#include "python/errors.hpp"
#include "wiring/config.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

namespace lambda_cache::python {
namespace {

PyTypeObject* memo_type = nullptr;

/// Every memoised function there is. Never destroyed.
std::vector<memo*>& all_memos() {
  static auto* const all = new std::vector<memo*>();
  return *all;
}

[[nodiscard]] bool is_hit(const memo_entry& entry, core::nanos max_age,
                          const core::coarse_instant& now) noexcept {
  return entry.value != nullptr &&
         cache::quick_fresh(now.wall - entry.wall, now.mono - entry.mono, max_age);
}

/// A TypeError that comes of an argument without a hash is told in words that help.
void explain_unhashable(memo& self, PyObject* const* args, std::size_t positional,
                        PyObject* kwnames) {
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return;
  PyObject* const error = take_error();
  const ref explain = import_attribute("lambda_cache._function", "explain_unhashable");
  const ref given = ref::steal(PyTuple_New(static_cast<Py_ssize_t>(positional)));
  const ref named = ref::steal(PyDict_New());
  if (explain && given && named) {
    for (std::size_t i = 0; i < positional; ++i)
      PyTuple_SetItem(given.get(), static_cast<Py_ssize_t>(i), Py_NewRef(args[i]));
    for (std::size_t i = 0; i < keyword_count(kwnames); ++i)
      (void)PyDict_SetItem(named.get(), PyTuple_GetItem(kwnames, static_cast<Py_ssize_t>(i)),
                           args[positional + i]);
    // It raises what is to be told; otherwise the error stays as it was.
    const ref none = ref::steal(PyObject_CallFunctionObjArgs(
        explain.get(), self.function, self.key != nullptr ? self.key : Py_None, given.get(),
        named.get(), error, nullptr));
  }
  if (PyErr_Occurred() != nullptr)
    Py_DECREF(error);
  else
    set_error(error);
}

/// The entry for a call; null with the Python error set.
memo_entry* find_entry(memo& self, PyObject* const* args, std::size_t positional,
                       PyObject* kwnames) {
  const ref key = memo_key(self, args, positional, kwnames);
  if (!key) return nullptr;
  memo_entry* const found = attach(self, key.get());
  if (found == nullptr) explain_unhashable(self, args, positional, kwnames);
  return found;
}

PyObject* compute_slowly(memo& self, memo_entry* entry, PyObject* const* args, std::size_t nargsf,
                         PyObject* kwnames, bool is_forced) {
  if (entry == nullptr) return nullptr;
  if (!bind(self)) {
    drop_if_empty(*entry);
    Py_DECREF(as_object(entry));
    return nullptr;
  }
  if (self.is_coroutine) return as_object(entry);
  PyObject* const hold = Py_NewRef(as_object(&self));
  PyObject* const value = compute(self, entry, args, nargsf, kwnames, is_forced);
  Py_DECREF(hold);
  return value;
}

PyObject* call_slowly(memo& self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  memo_entry* const entry = find_entry(self, args, positional_count(nargsf), kwnames);
  return compute_slowly(self, entry, args, nargsf, kwnames, false);
}

PyObject* hand_out_hit(memo& self, memo_entry& entry) noexcept {
  ++self.hits;
  used(entry, self);
  return Py_NewRef(entry.value);
}

/// The entry for a call if there is one, as a new reference.
memo_entry* find_known(memo& self, PyObject* const* args, std::size_t positional,
                       PyObject* kwnames) {
  const ref key = memo_key(self, args, positional, kwnames);
  if (!key) return nullptr;
  memo_entry* const found = look_up(self, key.get());
  if (found == nullptr && PyErr_Occurred() != nullptr)
    explain_unhashable(self, args, positional, kwnames);
  return found;
}

/// A call of which the arguments as a whole, or what `key` makes of them, are the key.
PyObject* call_by_key(memo& self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  memo_entry* const entry = find_known(self, args, positional_count(nargsf), kwnames);
  if (entry == nullptr) {
    if (PyErr_Occurred() != nullptr) return nullptr;
    return call_slowly(self, args, nargsf, kwnames);
  }
  if (is_hit(*entry, self.max_age, core::coarse_now())) {
    PyObject* const value = hand_out_hit(self, *entry);
    Py_DECREF(as_object(entry));
    return value;
  }
  if (entry->owner == &self) return compute_slowly(self, entry, args, nargsf, kwnames, false);
  Py_DECREF(as_object(entry));
  return call_slowly(self, args, nargsf, kwnames);
}

PyObject* call(PyObject* callable, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  memo& self = *as_memo(callable);
  const std::size_t positional = positional_count(nargsf);
  if (positional > 1 || kwnames != nullptr || self.key != nullptr)
    return call_by_key(self, args, nargsf, kwnames);
  if (positional == 0) {
    if (self.sole != nullptr && is_hit(*self.sole, self.max_age, core::coarse_now()))
      return hand_out_hit(self, *self.sole);
    return call_slowly(self, args, nargsf, kwnames);
  }
  if (!PyUnicode_CheckExact(args[0]) && !PyLong_CheckExact(args[0]))
    return call_by_key(self, args, nargsf, kwnames);
  PyObject* const known = Py_NewRef(self.known);  // see look_up()
  auto* const entry = as_entry(PyDict_GetItemWithError(known, args[0]));
  PyObject* value = nullptr;
  if (entry != nullptr && is_hit(*entry, self.max_age, core::coarse_now()))
    value = hand_out_hit(self, *entry);
  Py_DECREF(known);
  if (value != nullptr || (entry == nullptr && PyErr_Occurred() != nullptr)) return value;
  return call_slowly(self, args, nargsf, kwnames);
}

// What users call.

PyObject* refresh(PyObject* object, PyObject* const* args, Py_ssize_t positional,
                  PyObject* kwnames) {
  memo& self = *as_memo(object);
  const auto count = static_cast<std::size_t>(positional);
  return compute_slowly(self, find_entry(self, args, count, kwnames), args, count, kwnames, true);
}

PyObject* invalidate(PyObject* object, PyObject* const* args, Py_ssize_t positional,
                     PyObject* kwnames) {
  memo& self = *as_memo(object);
  const auto count = static_cast<std::size_t>(positional);
  const ref entry = ref::steal(as_object(find_known(self, args, count, kwnames)));
  if (!entry && PyErr_Occurred() != nullptr) return nullptr;
  garbage value;
  if (entry) detach(*as_entry(entry.get()), value);
  Py_RETURN_NONE;
}

PyObject* cache_clear(PyObject* object, PyObject*) {
  memo& self = *as_memo(object);
  self.hits = self.misses = self.joins = self.stale = self.failures = 0;
  if (!forget_all(self)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* cache_info(PyObject* object, PyObject*) {
  const memo& self = *as_memo(object);
  const ref make = import_attribute("lambda_cache._function", "CacheInfo");
  if (!make) return nullptr;
  return PyObject_CallFunction(
      make.get(), "KKnnKKK", self.hits, self.misses, static_cast<Py_ssize_t>(self.max_entries),
      static_cast<Py_ssize_t>(self.size), self.joins, self.stale, self.failures);
}

// What _function.py calls, for functions that are awaited.

PyObject* entry_of(PyObject* object, PyObject* const* args, Py_ssize_t positional,
                   PyObject* kwnames) {
  memo& self = *as_memo(object);
  memo_entry* const entry = find_entry(self, args, static_cast<std::size_t>(positional), kwnames);
  if (entry == nullptr || bind(self)) return as_object(entry);
  drop_if_empty(*entry);
  Py_DECREF(as_object(entry));
  return nullptr;
}

memo_entry* checked_entry(PyObject* object) noexcept {
  if (Py_IS_TYPE(object, memo_entry_type)) return as_entry(object);
  PyErr_SetString(PyExc_TypeError, "not a MemoEntry");
  return nullptr;
}

PyObject* begin(PyObject* object, PyObject* entry) {
  return checked_entry(entry) == nullptr ? nullptr
                                         : begin_flight(*as_memo(object), *as_entry(entry));
}

PyObject* peek(PyObject* object, PyObject* entry) {
  return checked_entry(entry) == nullptr ? nullptr : peek_entry(*as_memo(object), *as_entry(entry));
}

/// Nobody computes it any more here: one that holds nothing goes.
PyObject* drop(PyObject*, PyObject* entry) {
  if (checked_entry(entry) == nullptr) return nullptr;
  drop_if_empty(*as_entry(entry));
  Py_RETURN_NONE;
}

PyObject* join(PyObject* object, PyObject*) {
  ++as_memo(object)->joins;
  Py_RETURN_NONE;
}

// A memoised function is what it is named, as any function.

PyObject* reduce(PyObject* object, PyObject*) {
  return PyObject_GetAttrString(object, "__qualname__");
}

PyObject* itself(PyObject* object, PyObject*) {
  return Py_NewRef(object);
}

PyObject* bind_to(PyObject* self, PyObject* instance, PyObject*) {
  if (instance == nullptr || instance == Py_None) return Py_NewRef(self);
  static constinit PyObject* kept = nullptr;
  PyObject* const method_type = kept_attribute(kept, "types", "MethodType");
  if (method_type == nullptr) return nullptr;
  return PyObject_CallFunctionObjArgs(method_type, self, instance, nullptr);
}

PyObject* get_is_coroutine(PyObject* object, void*) {
  return PyBool_FromLong(as_memo(object)->is_coroutine ? 1 : 0);
}

PyObject* get_function(PyObject* object, void*) {
  return Py_NewRef(as_memo(object)->function);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  memo& self = *as_memo(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self.known);
  Py_VISIT(self.function);
  Py_VISIT(self.key);
  Py_VISIT(self.retry_on);
  Py_VISIT(self.attributes);
  return 0;
}

// The function stays: finalizers of the same cycle may still call.
int clear(PyObject* object) {
  Py_CLEAR(as_memo(object)->attributes);
  Py_CLEAR(as_memo(object)->key);
  if (!forget_all(*as_memo(object))) PyErr_Clear();
  PyObject* const function = std::exchange(as_memo(object)->function, Py_NewRef(Py_None));
  Py_DECREF(function);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  memo& old = *as_memo(object);
  std::erase(all_memos(), &old);
  if (old.weak_references != nullptr) PyObject_ClearWeakRefs(object);
  // Whoever still holds an entry holds a detached one.
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* entry = nullptr;
  while (old.known != nullptr && PyDict_Next(old.known, &at, &key, &entry) != 0) {
    as_entry(entry)->owner = nullptr;
    as_entry(entry)->use.unlink();
  }
  Py_CLEAR(old.known);
  Py_CLEAR(old.attributes);
  Py_CLEAR(old.key);
  Py_CLEAR(old.retry_on);
  Py_CLEAR(old.function);
  PyObject_GC_Del(object);
  Py_DECREF(as_object(type));
}

PyObject* repr(PyObject* object) {
  return PyUnicode_FromFormat("<lambda_cache memoised %R>", as_memo(object)->function);
}

int traverse_entry(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_entry(object)->key);
  Py_VISIT(as_entry(object)->value);
  Py_VISIT(as_object(as_entry(object)->current));
  Py_VISIT(as_object(as_entry(object)->next));
  return 0;
}

void dealloc_entry(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  memo_entry& old = *as_entry(object);
  old.use.unlink();
  if (old.owner != nullptr) {
    if (old.owner->sole == &old) old.owner->sole = nullptr;
    if (old.value != nullptr) --old.owner->size;
  }
  Py_CLEAR(old.key);
  Py_CLEAR(old.value);
  Py_XDECREF(as_object(std::exchange(old.current, nullptr)));
  Py_XDECREF(as_object(std::exchange(old.next, nullptr)));
  PyObject_GC_Del(object);
  Py_DECREF(as_object(type));
}

template <class Function>
PyCFunction method(Function* function) noexcept {
  return reinterpret_cast<PyCFunction>(slot_function(function));
}

PyMethodDef methods[] = {
    {"refresh", method(refresh), METH_FASTCALL | METH_KEYWORDS,
     "Compute in any case, and keep the result. Joins only a computation that starts after the "
     "call."},
    {"invalidate", method(invalidate), METH_FASTCALL | METH_KEYWORDS,
     "Forget the result for these arguments."},
    {"cache_clear", cache_clear, METH_NOARGS, "Forget every result and the statistics."},
    {"cache_info", cache_info, METH_NOARGS, "What this function's cache did so far."},
    {"_entry", method(entry_of), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"_begin", begin, METH_O, nullptr},
    {"_peek", peek, METH_O, nullptr},
    {"_drop", drop, METH_O, nullptr},
    {"_join", join, METH_NOARGS, nullptr},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__copy__", itself, METH_NOARGS, nullptr},
    {"__deepcopy__", itself, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(memo, vectorcall), Py_READONLY, nullptr},
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(memo, attributes), Py_READONLY, nullptr},
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(memo, weak_references), Py_READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"is_coroutine", get_is_coroutine, nullptr, nullptr, nullptr},
    {"function", get_function, nullptr, nullptr, nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, slot_function(dealloc)},
    {Py_tp_traverse, slot_function(traverse)},
    {Py_tp_clear, slot_function(clear)},
    {Py_tp_call, slot_function(PyVectorcall_Call)},
    {Py_tp_descr_get, slot_function(bind_to)},
    {Py_tp_repr, slot_function(repr)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {"lambda_cache._native.Memo", sizeof(memo), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                        Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                        Py_TPFLAGS_IMMUTABLETYPE,
                    slots};

// No tp_clear: cycles over an entry go over its function, which forgets it.
PyType_Slot entry_slots[] = {
    {Py_tp_dealloc, slot_function(dealloc_entry)},
    {Py_tp_traverse, slot_function(traverse_entry)},
    {0, nullptr},
};

PyType_Spec entry_spec = {"lambda_cache._native.MemoEntry", sizeof(memo_entry), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                              Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                          entry_slots};

}  // namespace

bool add_memo_types(PyObject* module) {
  PyObject* const type = PyType_FromModuleAndSpec(module, &spec, nullptr);
  PyObject* const entries = PyType_FromModuleAndSpec(module, &entry_spec, nullptr);
  memo_type = reinterpret_cast<PyTypeObject*>(type);
  memo_entry_type = reinterpret_cast<PyTypeObject*>(entries);
  return type != nullptr && entries != nullptr &&
         PyModule_AddObjectRef(module, "Memo", type) == 0 &&
         PyModule_AddObjectRef(module, "MemoEntry", entries) == 0 && add_flight_type(module);
}

bool is_memo(PyObject* object) noexcept {
  return Py_IS_TYPE(object, memo_type);
}

ref make_memo(PyObject* function, PyObject* key, PyObject* retry_on, const memo_options& how) {
  all_memos().reserve(all_memos().size() + 1);
  ref known = ref::steal(PyDict_New());
  if (!known) return {};
  ref made = ref::steal(PyType_GenericAlloc(memo_type, 0));
  if (!made) return {};
  memo& fresh = *as_memo(made.get());
  fresh.vectorcall = call;
  fresh.known = known.release();
  fresh.by_use.before = fresh.by_use.after = &fresh.by_use;
  fresh.function = Py_NewRef(function);
  fresh.key = Py_XNewRef(key);
  fresh.retry_on = Py_NewRef(retry_on);
  fresh.stale_if_error = wiring::seconds_to_nanos(how.stale_if_error);
  fresh.max_entries = how.max_entries;
  fresh.is_coroutine = how.is_coroutine;
  fresh.has_max_age = fresh.is_bound = how.max_age.has_value();
  fresh.max_age = wiring::seconds_to_nanos(how.max_age.value_or(0));
  all_memos().push_back(&fresh);
  return made;
}

bool bind(memo& of) {
  if (of.is_bound) return true;
  try {
    const auto max_age = wiring::wired_cache::shared()->default_max_age();
    if (!max_age) {
      raise(max_age.error(), stage::fetch);
      return false;
    }
    of.max_age = *max_age;
    of.is_bound = true;
    return true;
  } catch (const std::exception&) {
    raise_current_cpp_exception();
    return false;
  }
}

bool memo_is_hit(const memo& of, const clocks& now) noexcept {
  return of.sole != nullptr && is_hit(*of.sole, of.max_age, now);
}

PyObject* memo_hit(memo& of, const clocks& now) noexcept {
  memo_entry* const entry = of.sole;
  if (entry == nullptr || !is_hit(*entry, of.max_age, now)) return nullptr;
  ++of.hits;
  return entry->value;
}

void clear_memos(bool configuration) {
  std::vector<ref> all;
  all.reserve(all_memos().size());
  for (memo* each : all_memos())
    all.push_back(ref::borrow(as_object(each)));
  for (const ref& each : all) {
    memo& of = *as_memo(each.get());
    if (configuration) of.is_bound = of.has_max_age;
    if (!forget_all(of)) PyErr_Clear();
  }
}

}  // namespace lambda_cache::python
