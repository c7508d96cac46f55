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
  nanos expires = 0;      // the source's moment on the wall clock, 0: none

  /// The age from which on the source takes it for ended.
  [[nodiscard]] nanos ends_after() const {
    return expires == 0 ? infinite : std::max<nanos>(expires - at.wall, 0);
  }
};
struct reference_entry {
  int invalidations = 0;
  std::optional<sent_request> kept;
  std::optional<instant> refused;  // the last definite refusal
  std::optional<instant> failed;   // the last passing failure
  bool throttled = false;          // it was throttling, and a reader without a value was told

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
  nanos refresh_ahead = 0;
  nanos timeout = 0;
  nanos ended = 0;  // the source's moment of the value that was there, if it had passed
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
inline bool may_be_fresh(const sent_request& value, const instant& now, nanos max_age) {
  if (value.expires != 0 && now.wall >= value.expires) return false;
  return may_be_fresh(value.at, now, std::min(max_age, value.ends_after()));
}
inline bool must_be_fresh(const sent_request& value, const instant& now, nanos max_age) {
  return may_be_fresh(value, now, max_age) &&
         must_be_fresh(value.at, now, std::min(max_age, value.ends_after()));
}
/// Whether little enough is left of what the reader accepts.
inline bool ahead_is_due(const sent_request& value, const question& q, const instant& now) {
  return q.refresh_ahead > 0 && q.max_age != infinite &&
         std::max<nanos>(oldest_age(value.at, now), 0) >= q.max_age - q.refresh_ahead;
}
/// Whether a failure forbids a refresh that nobody needs yet, for certain or perhaps.
inline bool must_hold_back(const reference_entry& e, const instant& now) {
  return (e.refused && must_be_fresh(*e.refused, now, 5 * second)) ||
         (e.failed && must_be_fresh(*e.failed, now, 100 * core::millisecond));
}
inline bool may_hold_back(const reference_entry& e, const instant& now) {
  return (e.refused && oldest_age(*e.refused, now) < 5 * second) ||
         (e.failed && oldest_age(*e.failed, now) < 30 * second);
}
inline bool servable(const reference_entry& e, const question& q, const instant& now) {
  if (!e.kept || q.max_age == 0 || q.stale_if_error == 0) return false;
  const nanos lifetime = std::min(q.max_age, e.kept->ends_after());
  if (lifetime == infinite || q.stale_if_error == infinite) return true;
  return oldest_age(e.kept->at, now) < lifetime + q.stale_if_error;
}

}  // namespace lambda_cache::cache::reference
