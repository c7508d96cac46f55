// A reader: one declared read of one value, or of several as a mapping, and how old they may be.
#pragma once

#include "python/projection.hpp"
#include "wiring/wired_cache.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lambda_cache::python {

/// How far a download has come, as the I/O thread tells it: it never takes the GIL, so whoever
/// waits for the value tells Python.
struct progress_state {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> total{0};
  std::atomic<std::uint64_t> told{0};  // times
};

/// One of the values that a reader reads.
struct place {
  wiring::entry_spec spec;
  wiring::bound_entry bound;
  ref view;      // what the value is looked at through; null: as it is stored
  ref fallback;  // what a name that does not exist reads as; null: an error
  ref progress;  // what is told how far a download has come; null: nothing
  std::shared_ptr<progress_state> came;  // with `progress`
  projection* seen = nullptr;            // null until bound; ours to close
  ref key;                               // its name in the mapping, interned
  core::nanos limit = 0;                 // max_age, less what is refreshed ahead
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
  projection* only;     // of a reader of one value, once it is bound; else null
  core::nanos max_age;  // of that one, less what is refreshed ahead
  bool is_mapping;
  bool has_copies;  // something in the mapping that was built last has to be copied
  std::vector<place> places;
  ref built;                             // the mapping as it was built last, never handed out
  std::vector<std::uint64_t> revisions;  // of the places, when it was built

  [[nodiscard]] static bool is_hit(const place& at, const clocks& now) noexcept {
    return at.seen != nullptr && (at.seen->is_hit(now, at.limit) || at.is_resting(now) ||
                                  at.seen->is_file_hit(now, at.limit));
  }
  [[nodiscard, gnu::always_inline]] bool is_hit(const clocks& now) const noexcept {
    if (only != nullptr)
      return only->is_hit(now, max_age) || places.front().is_resting(now) ||
             only->is_file_hit(now, max_age);
    for (const place& at : places)
      if (!is_hit(at, now)) return false;
    return true;
  }

  /// What a hit hands out, a new reference. Only directly after is_hit() said yes.
  [[nodiscard]] PyObject* hit_value() {
    return only != nullptr ? hand_out(only->value, only->copies) : hit_mapping();
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
  [[nodiscard]] bool has_outdated_mapping() const noexcept;

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
  ref progress;
};

/// A new reader of values of that service ("ssm", "ssm path" for what paths hold,
/// "secretsmanager"). Null with a Python error set.
[[nodiscard]] ref make_reader(std::string_view service, std::vector<place_options> places,
                              bool is_mapping);

/// Drops every value kept for Python whose entry has another one, or none, now.
void drop_outdated_values() noexcept;
/// Starts fetching what the readers read, as wired_cache::prefetch(); what cannot be bound, and
/// what tests play AWS for, is left to the reads.
void prefetch(std::span<reader* const> these);
/// Forgets the values of one reader, for everybody who reads them.
void invalidate(reader& of);

}  // namespace lambda_cache::python
