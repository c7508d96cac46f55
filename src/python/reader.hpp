// A reader: one declared read of one parameter, or of several as a mapping, and how old they may
// be.
#pragma once

#include "python/projection.hpp"
#include "wiring/wired_cache.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lambda_cache::python {

/// One of the parameters that a reader reads.
struct place {
  wiring::parameter_spec spec;
  wiring::bound_entry bound;
  projection* seen = nullptr;  // null until bound; ours to close
  ref key;                     // its name in the mapping, interned
  // Refresh ahead: the engine has been asked, and at this generation need not be below this age.
  std::uint64_t rest_generation = ~std::uint64_t{0};
  core::nanos rest_age = 0;

  /// The engine has just answered.
  void rest() noexcept;
  [[nodiscard, gnu::cold]] bool is_resting(const clocks& now) const noexcept {
    return rest_generation == seen->generation && seen->is_hit(now, rest_age);
  }
};

/// The Python object `_native.Reader`. Guarded by the GIL.
struct reader {
  PyObject ob_base;
  projection* only;     // of a reader of one parameter, once it is bound; else null
  core::nanos max_age;  // of all places, less what is refreshed ahead; valid once they are bound
  bool is_mapping;
  bool has_lists;  // in the mapping that was built last
  std::vector<place> places;
  ref built;                             // the mapping as it was built last, never handed out
  std::vector<std::uint64_t> revisions;  // of the places, when it was built

  [[nodiscard]] bool is_hit(const place& at, const clocks& now) const noexcept {
    return at.seen != nullptr && (at.seen->is_hit(now, max_age) || at.is_resting(now));
  }
  [[nodiscard, gnu::always_inline]] bool is_hit(const clocks& now) const noexcept {
    if (only != nullptr) return only->is_hit(now, max_age) || places.front().is_resting(now);
    for (const place& at : places)
      if (!is_hit(at, now)) return false;
    return true;
  }

  /// What a hit hands out, a new reference. Only directly after is_hit() said yes.
  [[nodiscard]] PyObject* hit_value() {
    return only != nullptr ? hand_out(only->value, only->is_list) : hit_mapping();
  }

  /// Counts one of every place.
  void count_hits() const noexcept {
    if (only != nullptr) {
      ++only->hits;
      return;
    }
    for (const place& at : places)
      ++at.seen->hits;
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

struct reader_options {
  std::optional<double> max_age;  // seconds, as the next two
  std::optional<double> stale_if_error;
  std::optional<double> timeout;
  std::optional<int> max_attempts;
  bool decrypt = true;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  std::optional<double> refresh_ahead;  // seconds
};

/// A new reader. `keys`: names in the mapping, one per name; empty: short names. Null with a
/// Python error set.
[[nodiscard]] ref make_reader(const std::vector<std::string>& names,
                              const std::vector<std::string>& keys, bool is_mapping,
                              const reader_options& how);

/// Drops every value kept for Python whose entry has another one, or none, now.
void drop_outdated_values() noexcept;
/// Forgets the values of one reader, for everybody who reads them.
void invalidate(reader& of);

}  // namespace lambda_cache::python
