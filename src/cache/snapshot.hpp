// One value as it was when a request brought it. Immutable and shared by every reader.
#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

namespace lambda_cache::cache {

struct snapshot {
  /// The value, type-erased; its deleter is the destroy hook. The engine never looks inside.
  std::shared_ptr<const void> value;
  /// Bytes accounted to the cache.
  std::size_t bytes = 0;
  /// When the request that brought it was sent: the value is never younger than this.
  core::instant request_start;
  /// An immutable version (a version number was asked for): fresh for ever, except to a forced
  /// read.
  bool pinned = false;
  /// When the source says that it ends (a secret's next rotation), on the wall clock since the
  /// epoch; 0: it does not say. Counts whatever a reader accepts, also for a pinned version. A
  /// moment not after `request_start` makes every read fetch: a source leaves such a one out.
  core::nanos expires = 0;

  /// The age from which on it is expired for a reader that accepts `max_age`.
  [[nodiscard]] core::nanos lifetime(core::nanos max_age) const noexcept {
    if (max_age == 0) return 0;  // forced
    const core::nanos accepted = pinned ? core::infinite : max_age;
    if (expires == 0) return accepted;
    return std::min(accepted, std::max<core::nanos>(expires - request_start.wall, 0));
  }

  template <class T>
  [[nodiscard]] std::shared_ptr<const T> as() const noexcept {
    return std::static_pointer_cast<const T>(value);
  }
};
using snapshot_ptr = std::shared_ptr<const snapshot>;

}  // namespace lambda_cache::cache
