#include "python/reader.hpp"

#include "python/errors.hpp"
#include "python/mocks.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace lambda_cache::python {
namespace {

PyObject* reader_type = nullptr;

reader* as_reader(PyObject* object) noexcept {
  return reinterpret_cast<reader*>(object);
}

/// Readers that may hold a mapping they built. Never destroyed.
std::vector<reader*>& mappings() {
  static auto* const all = new std::vector<reader*>();
  return *all;
}

// What readers own does not refer back to them, unless a transform of the user's own does: that one
// stays until the process ends. They take no part in garbage collection.
void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  reader* const old = as_reader(self);
  std::erase(mappings(), old);
  for (place& at : old->places)
    close_projection(std::exchange(at.seen, nullptr));
  old->places.~vector();
  old->built.~ref();
  old->revisions.~vector();
  PyObject_Free(self);
  Py_DECREF(reinterpret_cast<PyObject*>(type));
}

PyObject* repr(PyObject* self) {
  std::string names;
  for (const place& at : as_reader(self)->places)
    names += (names.empty() ? "" : ", ") + at.spec.locator;
  return PyUnicode_FromFormat("<lambda_cache reader of %s>", names.c_str());
}

PyObject* get_keys(PyObject* self, void*) {
  const auto& places = as_reader(self)->places;
  ref keys = ref::steal(PyTuple_New(static_cast<Py_ssize_t>(places.size())));
  for (std::size_t i = 0; keys && i < places.size(); ++i)
    PyTuple_SetItem(keys.get(), static_cast<Py_ssize_t>(i), ref(places[i].key).release());
  return keys.release();
}

PyObject* get_is_forced(PyObject* self, void*) {
  const bool forced = std::ranges::any_of(as_reader(self)->places, [](const place& at) {
    return at.spec.options.max_age == core::nanos{0};
  });
  return PyBool_FromLong(forced ? 1 : 0);
}

PyGetSetDef properties[] = {
    {"is_forced", get_is_forced, nullptr, "Whether every read fetches.", nullptr},
    {"keys", get_keys, nullptr, "The short names, or the aliases, in order.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_dealloc, slot_function(dealloc)},
    {Py_tp_repr, slot_function(repr)},
    {Py_tp_getset, properties},
    {0, nullptr},
};

PyType_Spec spec = {
    "lambda_cache._native.Reader", sizeof(reader), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};

core::result<wiring::entry_spec> spec_of(std::string_view service, place_options& declared) {
  if (service == "ssm") return wiring::parameter_spec(declared.name, std::move(declared.entry));
  if (service == "ssm path") return wiring::path_spec(declared.name, std::move(declared.entry));
  if (service == "s3") return wiring::object_spec(declared.name, std::move(declared.entry));
  return wiring::secret_spec(declared.name, std::move(declared.entry));
}

bool add_place(reader& to, std::string_view service, place_options declared) {
  std::shared_ptr<progress_state> came;
  if (declared.progress) {
    came = std::make_shared<progress_state>();
    declared.entry.progress = [came](std::uint64_t done, std::uint64_t total) {
      came->done.store(done, std::memory_order_relaxed);
      came->total.store(total, std::memory_order_relaxed);
      came->told.fetch_add(1, std::memory_order_release);
    };
  }
  auto checked = spec_of(service, declared);
  if (checked) {
    if (auto claimed = wiring::wired_cache::shared()->claim_file(*checked); !claimed)
      checked = core::fail(std::move(claimed.error()));
  }
  if (!checked) {
    raise(checked.error(), stage::declaration);
    return false;
  }
  place made;
  made.spec = std::move(*checked);
  made.view = std::move(declared.view);
  made.fallback = std::move(declared.fallback);
  made.progress = std::move(declared.progress);
  made.came = std::move(came);
  PyObject* text = PyUnicode_FromString(declared.key.value_or(made.spec.short_name).c_str());
  if (text == nullptr) return false;
  PyUnicode_InternInPlace(&text);
  made.key = ref::steal(text);
  to.places.push_back(std::move(made));
  return true;
}

}  // namespace

core::result<void> reader::bind(place& at) {
  wiring::wired_cache& cache = *wiring::wired_cache::shared();
  if (at.seen != nullptr && at.bound.epoch == cache.epoch()) return {};
  auto bound = cache.bind(at.spec);
  if (!bound) return core::fail(std::move(bound.error()));
  projection* const opened = open_projection(bound->entry, at.view.get());
  projection* const before = std::exchange(at.seen, opened);
  if (!is_mapping) only = opened;
  at.bound = std::move(*bound);
  at.rest_generation = ~std::uint64_t{0};
  if (at.spec.pinned && at.bound.max_age != 0) at.bound.max_age = core::infinite;
  at.limit = cache::unasked_until(0, at.bound.max_age, at.bound.max_age, at.bound.refresh_ahead);
  max_age = at.limit;
  // Last of all: what it drops may run anything, also what reads or binds this reader.
  close_projection(before);
  return {};
}

void place::rest() noexcept {
  if (bound.refresh_ahead == 0) return;
  const clocks now;
  const core::nanos age = std::max(now.wall - seen->wall, now.mono - seen->mono);
  rest_generation = seen->generation;
  rest_age = cache::unasked_until(age, std::min(bound.max_age, seen->ends_after), bound.max_age,
                                  bound.refresh_ahead);
}

PyObject* reader::hit_mapping() {
  bool same = static_cast<bool>(built);
  for (std::size_t i = 0; same && i < places.size(); ++i)
    same = revisions[i] == places[i].seen->revision;
  // From here on anything may run, also what drops values: only references of our own are used.
  ref whole = same ? built : build_mapping();
  if (!whole) return nullptr;
  return has_copies ? deep_copy(whole.get()) : PyDict_Copy(whole.get());
}

ref reader::build_mapping() {
  std::vector<ref> values;
  values.reserve(places.size());
  revisions.clear();
  has_copies = false;
  for (const place& at : places) {
    values.push_back(ref::borrow(at.seen->value));
    revisions.push_back(at.seen->revision);
    has_copies = has_copies || at.seen->copies != copying::nothing;
  }
  ref made = ref::steal(PyDict_New());
  for (std::size_t i = 0; made && i < places.size(); ++i)
    if (PyDict_SetItem(made.get(), places[i].key.get(), values[i].get()) != 0) return {};
  built = made;
  return made;
}

bool reader::has_outdated_mapping() const noexcept {
  for (std::size_t i = 0; built && i < places.size(); ++i)
    if (revisions[i] != places[i].seen->revision) return true;
  return false;
}

void drop_outdated_values() noexcept {
  drop_outdated_projections();
  drop_in_batches(mappings(), [](reader* each) -> ref {
    if (!each->has_outdated_mapping()) return {};
    return std::exchange(each->built, {});
  });
}

void invalidate(reader& of) {
  for (place& at : of.places)
    // What cannot be bound was never read.
    if (of.bind(at)) wiring::wired_cache::shared()->engine().invalidate(at.bound.entry);
  drop_outdated_values();
}

void prefetch(std::span<reader* const> these) {
  std::vector<wiring::bound_entry> bound;
  for (reader* each : these)
    for (place& at : each->places) {
      if (!each->bind(at)) continue;
      if (at.bound.asks_aws && refusal_of_mocks(std::string(at.spec.service), at.spec.locator))
        continue;
      bound.push_back(at.bound);
    }
  wiring::wired_cache::shared()->prefetch(bound);
}

bool add_reader_type(PyObject* module) {
  reader_type = PyType_FromModuleAndSpec(module, &spec, nullptr);
  return reader_type != nullptr && PyModule_AddObjectRef(module, "Reader", reader_type) == 0;
}

bool is_reader(PyObject* object) noexcept {
  return reinterpret_cast<PyObject*>(Py_TYPE(object)) == reader_type;
}

ref make_reader(std::string_view service, std::vector<place_options> places, bool is_mapping) {
  auto* const type = reinterpret_cast<PyTypeObject*>(reader_type);
  ref made = ref::steal(PyType_GenericAlloc(type, 0));
  if (!made) return {};
  reader& fresh = *as_reader(made.get());
  fresh.only = nullptr;
  fresh.max_age = 0;
  fresh.is_mapping = is_mapping;
  fresh.has_copies = false;
  new (&fresh.places) std::vector<place>();
  new (&fresh.built) ref();
  new (&fresh.revisions) std::vector<std::uint64_t>();
  if (is_mapping) mappings().push_back(&fresh);
  fresh.places.reserve(places.size());
  for (place_options& declared : places)
    if (!add_place(fresh, service, std::move(declared))) return {};
  return made;
}

}  // namespace lambda_cache::python
