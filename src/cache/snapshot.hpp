// One value as it was when a request brought it. Immutable and shared by every reader.
#pragma once

#include "core/clock.hpp"

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

  template <class T>
  [[nodiscard]] std::shared_ptr<const T> as() const noexcept {
    return std::static_pointer_cast<const T>(value);
  }
};
using snapshot_ptr = std::shared_ptr<const snapshot>;

}  // namespace lambda_cache::cache
