#include "python/projection.hpp"

#include "wiring/wired_cache.hpp"

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lambda_cache::python {
namespace {

using table = std::unordered_map<const cache::entry*, std::unique_ptr<projection>>;

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

}  // namespace

ref projection::take(const cache::snapshot_ptr& from, cache::engine& in) {
  const auto [current, present] = in.current(*entry);
  const bool known = value != nullptr && is_same(converted, from->value);
  const auto data = from->as<core::value_data>();
  ref made = known ? ref::borrow(value) : to_python(*data);
  // Converting may have run other threads: a later value stays.
  if (!made || current != from || (value != nullptr && generation > present)) return made;
  const core::instant now = core::now();
  // Both clocks count on from the age believed now: after a freeze they agree again.
  const core::nanos age = cache::age_of(from->request_start, now).age;
  wall = now.wall - age;
  mono = now.mono - age;
  ends_after = from->lifetime(core::infinite);
  generation = present;
  if (known) return made;
  converted = from->value;
  is_list = data->kind == core::value_kind::text_list;
  ++revision;
  PyObject* const before = std::exchange(value, ref(made).release());
  Py_XDECREF(before);
  return made;
}

void projection::drop() noexcept {
  generation = ~std::uint64_t{0};
  converted.reset();
  ++revision;
  PyObject* const before = std::exchange(value, nullptr);
  Py_XDECREF(before);
}

projection* open_projection(const cache::entry_ptr& of) {
  auto& slot = all()[of.get()];
  if (!slot) {
    slot = std::make_unique<projection>();
    slot->entry = of;
  }
  ++slot->readers;
  return slot.get();
}

void close_projection(projection* of) noexcept {
  if (of == nullptr || --of->readers != 0) return;
  hand_in(*of);
  of->drop();
  all().erase(of->entry.get());
}

void hand_in_hits() noexcept {
  for (const auto& [entry, seen] : all())
    hand_in(*seen);
}

void drop_outdated_projections() noexcept {
  for (const auto& [entry, seen] : all())
    if (seen->value != nullptr && seen->generation != entry->generation.load()) seen->drop();
}

}  // namespace lambda_cache::python
