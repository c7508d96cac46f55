// The reference for the randomised test: what a correct cache may hand out, and nothing of how.
#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace lambda_cache::cache::reference {

using core::infinite;
using core::instant;
using core::nanos;
using core::second;

struct sent_request {
  int number = 0;
  instant at;             // sent, on every clock
  long step = 0;          // sent, in the order of the run
  int invalidations = 0;  // of its entry before it was sent
};
struct reference_entry {
  int invalidations = 0;
  std::optional<sent_request> kept;
  std::optional<instant> refused;  // the last definite refusal
  std::optional<instant> failed;   // the last passing failure

  void forget() {
    ++invalidations;
    kept.reset();
    refused.reset();
    failed.reset();
  }
};
struct question {
  std::size_t entry = 0;
  nanos max_age = 0;
  nanos stale_if_error = 0;
  instant asked;
  long step = 0;
  int invalidations = 0;
};

/// No clock claims more.
inline nanos oldest_age(const instant& start, const instant& now) {
  return std::max({now.wall - start.wall, now.mono - start.mono, now.boot - start.boot});
}
inline bool wall_is_clearly_behind(const instant& start, const instant& now) {
  const nanos counted = std::max(now.mono - start.mono, now.boot - start.boot);
  return now.wall < start.wall - 20 * core::millisecond ||  // two ticks
         now.wall - start.wall < counted - 2 * second - counted / 500;
}
inline bool wall_is_plausible(const instant& start, const instant& now) {
  return now.wall >= start.wall &&
         now.wall - start.wall >= std::max(now.mono - start.mono, now.boot - start.boot) - second;
}
inline bool may_be_fresh(const instant& start, const instant& now, nanos max_age) {
  if (max_age == infinite) return true;
  return oldest_age(start, now) < max_age && !wall_is_clearly_behind(start, now);
}
inline bool must_be_fresh(const instant& start, const instant& now, nanos max_age) {
  return may_be_fresh(start, now, max_age) &&
         (max_age == infinite || wall_is_plausible(start, now));
}
inline bool servable(const reference_entry& e, const question& q, const instant& now) {
  if (!e.kept || q.max_age == 0 || q.stale_if_error == 0) return false;
  if (q.max_age == infinite || q.stale_if_error == infinite) return true;
  return oldest_age(e.kept->at, now) < q.max_age + q.stale_if_error;
}

}  // namespace lambda_cache::cache::reference
