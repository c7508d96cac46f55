// What Python sees of one cache entry through one view: its value, converted once and shared by all
// who read it like that.
#pragma once

#include "cache/engine.hpp"
#include "cache/entry.hpp"
#include "cache/policy.hpp"
#include "python/values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lambda_cache::python {

/// The two coarse clocks, read once per call.
struct clocks : core::coarse_instant {
  clocks() noexcept : coarse_instant(core::coarse_now()) {}
};

/// Guarded by the GIL. Lives as long as a reader of its entry does.
struct projection {
  cache::entry_ptr entry;
  ref view;  // a callable of the value and its name; null: the value as it is
  std::uint64_t generation = ~std::uint64_t{0};  // of the entry when `value` was taken
  core::nanos wall = 0;                          // when the request that brought it started
  core::nanos mono = 0;
  core::nanos ends_after = core::infinite;  // the age that its source has set a limit to
  PyObject* value = nullptr;                // owned; null: nothing taken
  std::weak_ptr<const void> converted;      // what `value` was made from
  copying copies = copying::nothing;
  bool in_outage = false;      // a stale value was served and logged, nothing newer came since
  std::uint64_t revision = 0;  // changes with `value`
  std::size_t readers = 0;
  std::uint64_t hits = 0;  // not handed in yet
  // A path is good only as long as its file is: then `generation` never fits, and is_file_hit()
  // is asked.
  cache::snapshot_ptr file;
  std::uint64_t file_generation = 0;

  /// True: `value` is current and younger than max_age. False: the engine has to be asked.
  [[nodiscard]] bool is_hit(const clocks& now, core::nanos max_age) const noexcept {
    if (generation != entry->generation.load(std::memory_order_acquire) ||
        !cache::quick_fresh(now.wall - wall, now.mono - mono, std::min(max_age, ends_after)))
      return false;
    entry->touch(now.mono);
    return true;
  }

  /// The same for a path, whose file is looked at.
  [[nodiscard]] bool is_file_hit(const clocks& now, core::nanos max_age) const;

  /// The Python object for a snapshot of this entry, which is kept if it is the present one.
  /// Null with a Python error set when there is no memory or the view refuses the value.
  [[nodiscard]] ref take(const cache::snapshot_ptr& from, cache::engine& in);
  void drop() noexcept;
  /// The value, which is the caller's now.
  [[nodiscard]] PyObject* release() noexcept;

 private:
  [[nodiscard]] ref convert(const core::value_data& data) const;
};

/// The projection of that entry through that view (may be null); there is one at a time.
[[nodiscard]] projection* open_projection(const cache::entry_ptr& of, PyObject* view);
void close_projection(projection* of) noexcept;

struct closing {
  void operator()(projection* of) const noexcept { close_projection(of); }
};
using held_projection = std::unique_ptr<projection, closing>;
/// Keeps a projection while Python code may run, which may make its readers let go of it.
[[nodiscard]] held_projection hold(projection* of) noexcept;
/// Drops what `take` lets go of, one thing of each element or none: without an allocation, and not
/// before the range has been left, since what ends may run anything, also what changes the range.
template <class Range, class Take>
void drop_in_batches(const Range& range, Take take) noexcept {
  constexpr std::size_t most = 64;
  for (bool is_full = true; is_full;) {
    std::array<ref, most> dropped;
    std::size_t count = 0;
    for (auto at = range.begin(); at != range.end() && count != most; ++at) {
      dropped[count] = take(*at);
      if (dropped[count]) ++count;
    }
    is_full = count == most;
  }
}
/// Hands the hits that were counted to the cache and its entries.
void hand_in_hits() noexcept;
/// Drops every value whose entry has another one, or none, now.
void drop_outdated_projections() noexcept;

}  // namespace lambda_cache::python
