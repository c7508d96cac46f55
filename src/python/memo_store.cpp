// What a memoised function keeps, and for how long.
#include "cache/policy.hpp"
#include "python/memo.hpp"

#include <new>

namespace lambda_cache::python {
namespace {

/// Stands between positional and keyword arguments in a key. Nobody else has it.
PyObject* keyword_mark() noexcept {
  static PyObject* const mark =
      PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type));
  return mark;
}

/// Takes the entry out of everything but the dict.
void let_go(memo_entry& entry, garbage& out) {
  out.reserve(out.size() + 1);
  memo* const owner = std::exchange(entry.owner, nullptr);
  if (owner == nullptr) return;
  if (owner->sole == &entry) owner->sole = nullptr;
  entry.use.unlink();
  if (entry.value == nullptr) return;
  --owner->size;
  out.push_back(ref::steal(std::exchange(entry.value, nullptr)));
}

/// Takes a detached entry out of the dict, unless its place has been taken by another one.
void remove(memo& from, memo_entry& entry) {
  const ref known = ref::borrow(from.known);
  PyObject* const found = PyDict_GetItemWithError(known.get(), entry.key);
  if (found == as_object(&entry) && PyDict_DelItem(known.get(), entry.key) == 0) return;
  // A key that cannot be compared any more: the entry stays, detached, until its place is needed.
  PyErr_Clear();
}

}  // namespace

ref memo_key(const memo& of, PyObject* const* args, std::size_t positional, PyObject* kwnames) {
  if (of.key != nullptr) return ref::steal(PyObject_Vectorcall(of.key, args, positional, kwnames));
  if (kwnames == nullptr && positional == 1 &&
      (PyUnicode_CheckExact(args[0]) || PyLong_CheckExact(args[0])))
    return ref::borrow(args[0]);
  const std::size_t named = keyword_count(kwnames);
  const std::size_t extra = named == 0 ? 0 : 2;
  ref key = ref::steal(PyTuple_New(static_cast<Py_ssize_t>(positional + named + extra)));
  if (!key) return key;
  Py_ssize_t at = 0;
  const auto add = [&](PyObject* part) {
    Py_INCREF(part);
    PyTuple_SetItem(key.get(), at++, part);
  };
  for (std::size_t i = 0; i < positional; ++i)
    add(args[i]);
  if (named == 0) return key;
  add(keyword_mark());
  add(kwnames);
  for (std::size_t i = 0; i < named; ++i)
    add(args[positional + i]);
  return key;
}

memo_entry* look_up(const memo& in, PyObject* key) {
  // Comparing keys may run anything, also what puts another dict in its place.
  const ref known = ref::borrow(in.known);
  PyObject* const found = PyDict_GetItemWithError(known.get(), key);
  return found == nullptr ? nullptr : held(as_entry(found));
}

memo_entry* attach(memo& to, PyObject* key) {
  for (;;) {
    const ref found = ref::steal(as_object(look_up(to, key)));
    if (!found && PyErr_Occurred() != nullptr) return nullptr;
    if (found && as_entry(found.get())->owner == &to) return held(as_entry(found.get()));
    const ref made = ref::steal(PyType_GenericAlloc(memo_entry_type, 0));
    if (!made) return nullptr;
    memo_entry& fresh = *as_entry(made.get());
    Py_INCREF(key);
    fresh.key = key;
    const ref known = ref::borrow(to.known);
    if (PyDict_SetItem(known.get(), key, made.get()) != 0) return nullptr;
    // Comparing keys may have run anything, also what forgets all or makes the same entry.
    if (known.get() != to.known || Py_REFCNT(made.get()) < 2) continue;
    fresh.owner = &to;
    if (PyTuple_CheckExact(key) && PyTuple_Size(key) == 0 && to.key == nullptr) to.sole = &fresh;
    return held(&fresh);
  }
}

void detach(memo_entry& entry, garbage& out) {
  memo* const owner = entry.owner;
  if (owner == nullptr) return;
  const ref hold = ref::borrow(as_object(owner));
  out.push_back(ref::borrow(as_object(&entry)));
  let_go(entry, out);
  remove(*owner, entry);
}

void keep(memo_entry& entry, const memo_flight& from, PyObject* value, garbage& out) {
  memo* const owner = entry.owner;
  if (owner == nullptr || owner->max_age == 0) return;
  if (entry.value != nullptr && entry.number > from.number) return;
  out.reserve(out.size() + 1);
  entry.failures = 0;
  entry.back_off = 0;
  entry.in_outage = false;
  if (entry.value == nullptr) ++owner->size;
  out.push_back(ref::steal(std::exchange(entry.value, value)));
  Py_INCREF(value);
  entry.started = from.started;
  entry.number = from.number;
  // A computation that took longer than the value is good for leaves none that hits.
  if (!is_fresh_now(entry, owner->max_age, core::now())) {
    entry.wall = entry.started.wall;
    entry.mono = entry.started.mono;
  }
  used(entry, *owner);
}

void evict(memo& of) {
  garbage out;
  while (of.size > of.max_entries) {
    auto& oldest = *reinterpret_cast<memo_entry*>(reinterpret_cast<char*>(of.by_use.after) -
                                                  offsetof(memo_entry, use));
    detach(oldest, out);
  }
}

void drop_if_empty(memo_entry& entry) {
  memo* const owner = entry.owner;
  if (owner == nullptr || entry.value != nullptr || entry.flights != 0) return;
  garbage nothing;
  detach(entry, nothing);
}

bool forget_all(memo& of) {
  ref fresh = ref::steal(PyDict_New());
  if (!fresh) return false;
  garbage values;
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* entry = nullptr;
  values.reserve(of.size);
  while (PyDict_Next(of.known, &at, &key, &entry) != 0)
    let_go(*as_entry(entry), values);
  const ref old = ref::steal(std::exchange(of.known, fresh.release()));
  return true;
}

bool is_fresh_now(memo_entry& entry, core::nanos max_age, const core::instant& now) {
  if (entry.value == nullptr) return false;
  const cache::age_reading age = cache::age_of(entry.started, now);
  if (!cache::is_fresh(age, max_age)) return false;
  // Both clocks count on from the age believed now: after a freeze they agree again.
  entry.wall = now.wall - age.age;
  entry.mono = now.mono - age.age;
  return true;
}

bool is_servable(const memo_entry& entry, const memo& of, const core::instant& now) {
  if (entry.value == nullptr || of.stale_if_error == 0 || of.max_age == 0) return false;
  return cache::age_of(entry.started, now).age <
         cache::saturating_add(of.max_age, of.stale_if_error);
}

bool is_backing_off(const memo_entry& entry, const core::instant& now) {
  return entry.back_off != 0 &&
         cache::is_fresh(cache::age_of(entry.failed_at, now), entry.back_off);
}

}  // namespace lambda_cache::python
