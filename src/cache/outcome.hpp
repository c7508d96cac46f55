// What a reader gets.
#pragma once

#include <lambda_cache/error.hpp>

#include "cache/snapshot.hpp"

#include <memory>
#include <optional>

namespace lambda_cache::cache {

enum class origin {
  hit,      // was fresh enough in the cache
  fetched,  // brought by a flight that this reader led or joined
  stale,    // too old, served because the refresh failed or takes long
  failed,   // no value; `failure` says why
};

struct outcome {
  origin from = origin::failed;
  snapshot_ptr value;                 // null exactly if failed
  std::optional<error_info> failure;  // each reader's own copy; also set with `stale`: its reason
  [[nodiscard]] bool ok() const noexcept { return value != nullptr; }
};

}  // namespace lambda_cache::cache
