#include "python/wrapper.hpp"

#include "python/context.hpp"
#include "python/errors.hpp"
#include "python/handler_call.hpp"
#include "python/running.hpp"

#include <cstddef>
#include <new>

namespace lambda_cache::python {
namespace {

struct wrapper {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  PyObject* target;
  PyObject* attributes;  // __dict__
  PyObject* weak_references;
  plan what;
};

PyObject* wrapper_type = nullptr;

wrapper* as_wrapper(PyObject* object) noexcept {
  return reinterpret_cast<wrapper*>(object);
}

/// Calls the handler as the running invocation of this thread.
PyObject* call_on(PyObject* target, PyObject* context, prefetched* ready, PyObject* const* args,
                  std::size_t nargsf, PyObject* kwnames) noexcept {
  invocation frame{context, ready, running};
  running = &frame;
  PyObject* const result = PyObject_Vectorcall(target, args, nargsf, kwnames);
  running = frame.outer;
  return result;
}

/// Everything but the quick way: something has to be fetched, or the context looked for or wrapped.
PyObject* call_slowly(const wrapper& self, PyObject* const* args, std::size_t nargsf,
                      PyObject* kwnames) {
  try {
    handler_call call(self.what, args, positional_count(nargsf), kwnames);
    if (call.lacks_context()) return PyObject_Vectorcall(self.target, args, nargsf, kwnames);
    if (!call.prepare()) return nullptr;
    return call_on(self.target, call.context(), call.ready(), call.args(), call.positional(),
                   call.kwnames());
  } catch (const std::exception&) {
    raise_current_cpp_exception();
    return nullptr;
  }
}

/// The quick way with a context that is no dict.
PyObject* call_with_object(const wrapper& self, const clocks& now, PyObject* const* args,
                           std::size_t nargsf, PyObject* kwnames) {
  PyObject* const context = args[self.what.where.position];
  if (Py_IS_TYPE(context, plain_context_type)) {
    for (const function_injection& each : self.what.functions) {
      PyObject* const value = memo_hit(each.from(), now);
      if (value == nullptr) return call_slowly(self, args, nargsf, kwnames);
      if (PyObject_GenericSetAttr(context, each.name.get(), value) != 0) return nullptr;
    }
    for (const injection& each : self.what.injections) {
      reader& from = *each.from();
      if (!from.is_hit(now)) return call_slowly(self, args, nargsf, kwnames);
      if (from.only != nullptr && from.only->copies == copying::nothing) {
        if (PyObject_GenericSetAttr(context, each.name.get(), from.only->value) != 0)
          return nullptr;
        continue;
      }
      const ref value = ref::steal(from.hit_value());
      if (!value || PyObject_GenericSetAttr(context, each.name.get(), value.get()) != 0)
        return nullptr;
    }
    self.what.count_hits();
    return call_on(self.target, context, nullptr, args, nargsf, kwnames);
  }
  injector into;
  if (!into.adapt(context)) return nullptr;
  if (into.context() != context) return call_slowly(self, args, nargsf, kwnames);
  for (const function_injection& each : self.what.functions) {
    PyObject* const value = memo_hit(each.from(), now);
    if (value == nullptr) return call_slowly(self, args, nargsf, kwnames);
    if (!into.set(each.name.get(), value)) return nullptr;
  }
  for (const injection& each : self.what.injections) {
    reader& from = *each.from();
    if (!from.is_hit(now)) return call_slowly(self, args, nargsf, kwnames);
    const ref value = ref::steal(from.hit_value());
    if (!value || !into.set(each.name.get(), value.get())) return nullptr;
  }
  if (!into.finish()) return nullptr;
  self.what.count_hits();
  return call_on(self.target, context, nullptr, args, nargsf, kwnames);
}

PyObject* call(PyObject* callable, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  wrapper& self = *as_wrapper(callable);
  const auto position = static_cast<std::size_t>(self.what.where.position);
  if (positional_count(nargsf) <= position || (running != nullptr && running->ready != nullptr))
    return call_slowly(self, args, nargsf, kwnames);
  PyObject* const context = args[position];
  const clocks now;
  for (const ref& each : self.what.further_in)
    if (!reinterpret_cast<const reader*>(each.get())->is_hit(now))
      return call_slowly(self, args, nargsf, kwnames);

  if (!Py_IS_TYPE(context, &PyDict_Type)) return call_with_object(self, now, args, nargsf, kwnames);
  for (const function_injection& each : self.what.functions) {
    PyObject* const value = memo_hit(each.from(), now);
    if (value == nullptr) return call_slowly(self, args, nargsf, kwnames);
    if (PyDict_SetItem(context, each.name.get(), value) != 0) return nullptr;
  }
  for (const injection& each : self.what.injections) {
    reader& from = *each.from();
    // Asked just before the value is used: setting the one before may have run anything. The
    // value itself needs no reference of ours: who stores it takes one first.
    if (!from.is_hit(now)) return call_slowly(self, args, nargsf, kwnames);
    if (from.only != nullptr && from.only->copies == copying::nothing) {
      if (PyDict_SetItem(context, each.name.get(), from.only->value) != 0) return nullptr;
      continue;
    }
    const ref value = ref::steal(from.hit_value());
    if (!value || PyDict_SetItem(context, each.name.get(), value.get()) != 0) return nullptr;
  }
  self.what.count_hits();
  return call_on(self.target, context, nullptr, args, nargsf, kwnames);
}

// A method of a class like any function: looked up on an instance it binds.
PyObject* bind_to(PyObject* self, PyObject* instance, PyObject*) {
  if (instance == nullptr || instance == Py_None) {
    Py_INCREF(self);
    return self;
  }
  static constinit PyObject* kept = nullptr;
  PyObject* const method_type = kept_attribute(kept, "types", "MethodType");
  if (method_type == nullptr) return nullptr;
  return PyObject_CallFunctionObjArgs(method_type, self, instance, nullptr);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_wrapper(self)->target);
  // Readers refer to nothing; what functions refer to may well be the module of the handler.
  for (const function_injection& each : as_wrapper(self)->what.functions)
    Py_VISIT(each.function.get());
  Py_VISIT(as_wrapper(self)->attributes);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(as_wrapper(self)->attributes);
  // The target stays callable: finalizers of the same cycle may still call.
  PyObject* const target = std::exchange(as_wrapper(self)->target, nullptr);
  as_wrapper(self)->target = Py_None;
  Py_INCREF(Py_None);
  Py_XDECREF(target);
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (as_wrapper(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  Py_CLEAR(as_wrapper(self)->attributes);
  Py_CLEAR(as_wrapper(self)->target);
  as_wrapper(self)->what.~plan();
  PyObject_GC_Del(self);
  Py_DECREF(reinterpret_cast<PyObject*>(type));
}

PyObject* repr(PyObject* self) {
  return PyUnicode_FromFormat("<lambda_cache handler around %R>", as_wrapper(self)->target);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(wrapper, vectorcall), Py_READONLY, nullptr},
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(wrapper, attributes), Py_READONLY, nullptr},
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(wrapper, weak_references), Py_READONLY, nullptr},
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
    {Py_tp_descr_get, slot_function(bind_to)},
    {Py_tp_repr, slot_function(repr)},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {"lambda_cache._native.Wrapper", sizeof(wrapper), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                        Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                        Py_TPFLAGS_IMMUTABLETYPE,
                    slots};

}  // namespace

std::vector<reader*> plan::readers() const {
  std::vector<reader*> all;
  all.reserve(injections.size() + further_in.size());
  for (const injection& each : injections)
    all.push_back(each.from());
  for (const ref& each : further_in)
    all.push_back(reinterpret_cast<reader*>(each.get()));
  return all;
}

bool call_functions(const plan& what, PyObject* context, std::vector<ref>& out) {
  for (const function_injection& each : what.functions) {
    invocation frame{context, nullptr, running};
    running = &frame;
    PyObject* const value = PyObject_CallNoArgs(each.function.get());
    running = frame.outer;
    if (value == nullptr) return false;
    out.push_back(ref::steal(value));
  }
  return true;
}

bool plan::is_hit(const clocks& now) const noexcept {
  for (const function_injection& each : functions)
    if (!memo_is_hit(each.from(), now)) return false;
  for (const injection& each : injections)
    if (!each.from()->is_hit(now)) return false;
  for (const ref& each : further_in)
    if (!reinterpret_cast<const reader*>(each.get())->is_hit(now)) return false;
  return true;
}

bool add_wrapper_type(PyObject* module) {
  wrapper_type = PyType_FromModuleAndSpec(module, &spec, nullptr);
  return wrapper_type != nullptr && PyModule_AddObjectRef(module, "Wrapper", wrapper_type) == 0;
}

bool is_wrapper(PyObject* object) noexcept {
  return reinterpret_cast<PyObject*>(Py_TYPE(object)) == wrapper_type;
}

ref make_wrapper(PyObject* target, plan what) {
  ref made = ref::steal(PyType_GenericAlloc(reinterpret_cast<PyTypeObject*>(wrapper_type), 0));
  if (!made) return {};
  wrapper& fresh = *as_wrapper(made.get());
  new (&fresh.what) plan(std::move(what));
  fresh.vectorcall = call;
  Py_INCREF(target);
  fresh.target = target;
  return made;
}

const plan& plan_of(PyObject* object) noexcept {
  return as_wrapper(object)->what;
}

PyObject* target_of(PyObject* object) noexcept {
  return as_wrapper(object)->target;
}

}  // namespace lambda_cache::python
