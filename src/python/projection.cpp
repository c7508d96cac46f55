#include "python/projection.hpp"

#include "wiring/read_operation.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lambda_cache::python {
namespace {

using key = std::pair<const cache::entry*, const PyObject*>;
struct hash {
  std::size_t operator()(const key& of) const noexcept {
    return std::hash<const void*>{}(of.first) ^ (std::hash<const void*>{}(of.second) << 1);
  }
};
using table = std::unordered_map<key, std::unique_ptr<projection>, hash>;

/// Never destroyed: late readers of other threads may still look.
table& all() {
  static auto* const only = new table();
  return *only;
}

void hand_in(projection& from) noexcept {
  const std::uint64_t hits = std::exchange(from.hits, 0);
  from.entry->slot_hits.fetch_add(hits, std::memory_order_relaxed);
  wiring::wired_cache::shared()->slot_hits()->fetch_add(hits, std::memory_order_relaxed);
}

/// Whether that is what a value was made from; the address alone may have been used again.
bool is_same(const std::weak_ptr<const void>& a, const std::shared_ptr<const void>& b) noexcept {
  return !a.owner_before(b) && !b.owner_before(a);
}

/// The value of that name through a view.
ref look_through(PyObject* view, const core::value_data& data, const std::string& called) {
  const ref as_stored = to_python(data);
  const ref name = ref::steal(
      PyUnicode_DecodeUTF8(called.data(), static_cast<Py_ssize_t>(called.size()), "replace"));
  if (!as_stored || !name) return {};
  return ref::steal(PyObject_CallFunctionObjArgs(view, as_stored.get(), name.get(), nullptr));
}

copying copying_as_stored(core::value_kind kind) noexcept {
  if (kind == core::value_kind::several) return copying::everything;
  return kind == core::value_kind::text_list ? copying::items : copying::nothing;
}

}  // namespace

ref projection::convert(const core::value_data& data) const {
  if (!view) return to_python(data);
  if (data.kind != core::value_kind::several) return look_through(view.get(), data, entry->locator);
  std::string path = entry->locator;
  if (!path.ends_with('/')) path += '/';
  return each_to_python(data, [&](const core::value_data& each, std::string_view name) {
    return look_through(view.get(), each, path + std::string(name));
  });
}

ref projection::take(const cache::snapshot_ptr& from, cache::engine& in) {
  const auto [current, present] = in.current(*entry);
  const bool known = value != nullptr && is_same(converted, from->value);
  const auto data = from->as<core::value_data>();
  const bool is_file = data->kind == core::value_kind::file;
  ref made = known ? ref::borrow(value) : convert(*data);
  // Converting may have run other threads: a later value stays.
  if (!made || current != from || (value != nullptr && !is_file && generation > present))
    return made;
  const core::instant now = core::now();
  // Both clocks count on from the age believed now: after a freeze they agree again.
  const core::nanos age = cache::age_of(from->request_start, now).age;
  wall = now.wall - age;
  mono = now.mono - age;
  ends_after = from->lifetime(core::infinite);
  generation = is_file ? ~std::uint64_t{0} : present;
  file = is_file ? from : nullptr;
  file_generation = present;
  if (known) return made;
  converted = from->value;
  copies = view ? copying_of(made.get()) : copying_as_stored(data->kind);
  ++revision;
  PyObject* const before = std::exchange(value, ref(made).release());
  Py_XDECREF(before);
  return made;
}

bool projection::is_file_hit(const clocks& now, core::nanos max_age) const {
  if (!file || value == nullptr || file_generation != entry->generation.load() ||
      !cache::quick_fresh(now.wall - wall, now.mono - mono, std::min(max_age, ends_after)) ||
      !wiring::is_file_there(*file))
    return false;
  entry->touch(now.mono);
  return true;
}

PyObject* projection::release() noexcept {
  generation = ~std::uint64_t{0};
  converted.reset();
  file = nullptr;
  ++revision;
  return std::exchange(value, nullptr);
}

void projection::drop() noexcept {
  Py_XDECREF(release());
}

projection* open_projection(const cache::entry_ptr& of, PyObject* view) {
  const key at{of.get(), view};
  auto found = all().find(at);
  if (found == all().end()) {
    auto made = std::make_unique<projection>();
    made->entry = of;
    made->view = ref::borrow(view);
    found = all().emplace(at, std::move(made)).first;
  }
  ++found->second->readers;
  return found->second.get();
}

void close_projection(projection* of) noexcept {
  if (of == nullptr || --of->readers != 0) return;
  hand_in(*of);
  // What is dropped may run anything, also what opens this projection anew: it is out of the table.
  const auto gone = all().extract({of->entry.get(), of->view.get()});
  of->drop();
}

held_projection hold(projection* of) noexcept {
  ++of->readers;
  return held_projection(of);
}

void hand_in_hits() noexcept {
  for (const auto& [entry, seen] : all())
    hand_in(*seen);
}

void drop_outdated_projections() noexcept {
  drop_in_batches(all(), [](const auto& each) -> ref {
    projection& seen = *each.second;
    if (seen.value == nullptr || seen.generation == seen.entry->generation.load()) return {};
    return ref::steal(seen.release());
  });
}

}  // namespace lambda_cache::python
