// A reader: one declared read of one value, or of several as a mapping, and how old they may be.
#pragma once

#include "python/projection.hpp"
#include "wiring/wired_cache.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lambda_cache::python {

/// One of the values that a reader reads.
struct place {
  wiring::entry_spec spec;
  wiring::bound_entry bound;
  ref view;                    // what the value is looked at through; null: as it is stored
  ref fallback;                // what a name that does not exist reads as; null: an error
  projection* seen = nullptr;  // null until bound; ours to close
  ref key;                     // its name in the mapping, interned
};

/// The Python object `_native.Reader`. Guarded by the GIL.
struct reader {
  PyObject ob_base;
  projection* only;     // of a reader of one value, once it is bound; else null
  core::nanos max_age;  // of that one
  bool is_mapping;
  bool has_copies;  // something in the mapping that was built last has to be copied
  std::vector<place> places;
  ref built;                             // the mapping as it was built last, never handed out
  std::vector<std::uint64_t> revisions;  // of the places, when it was built

  [[nodiscard]] static bool is_hit(const place& at, const clocks& now) noexcept {
    return at.seen != nullptr && at.seen->is_hit(now, at.bound.max_age);
  }
  [[nodiscard, gnu::always_inline]] bool is_hit(const clocks& now) const noexcept {
    if (only != nullptr) return only->is_hit(now, max_age);
    for (const place& at : places)
      if (!is_hit(at, now)) return false;
    return true;
  }

  /// What a hit hands out, a new reference. Only directly after is_hit() said yes.
  [[nodiscard]] PyObject* hit_value() {
    return only != nullptr ? hand_out(only->value, only->copies) : hit_mapping();
  }

  /// Binds what is not bound to the present configuration.
  [[nodiscard]] core::result<void> bind(place& at);
  void drop_outdated_mapping();

 private:
  [[nodiscard]] PyObject* hit_mapping();
  [[nodiscard]] ref build_mapping();
};

/// Adds the type to the module; false with a Python error set.
[[nodiscard]] bool add_reader_type(PyObject* module);
[[nodiscard]] bool is_reader(PyObject* object) noexcept;

/// What Python declared for one place; checked as far as types go.
struct place_options {
  std::string name;
  std::optional<std::string> key;  // in the mapping; none: the short name
  wiring::entry_options entry;
  ref view;
  ref fallback;
};

/// A new reader of values of that service. Null with a Python error set.
[[nodiscard]] ref make_reader(std::string_view service, std::vector<place_options> places,
                              bool is_mapping);

/// Drops every value kept for Python whose entry has another one, or none, now.
void drop_outdated_values() noexcept;

/// Hits that readers counted and that are not handed to the cache yet.
inline std::uint64_t uncounted_hits = 0;

}  // namespace lambda_cache::python
