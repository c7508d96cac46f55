// How an entry stands, in one word.
#pragma once

#include "agent/settings.hpp"
#include "cache/engine.hpp"
#include "core/clock.hpp"

#include <string_view>

namespace lambda_cache::agent {

enum class entry_state {
  fresh,     // a read gets the value that is there
  expiring,  // the same, but it is refreshed soon: ahead of expiry, or its last tenth has begun
  expired,   // the next read fetches
  stale,     // expired, and fetching failed: a read gets the old value
  failing,   // the last fetch failed, and there is nothing to give instead
  loading,   // a fetch is under way
  empty,     // nothing is there: evicted, or forgotten
};

[[nodiscard]] std::string_view text_of(entry_state state) noexcept;

/// How old values of that service may get ("ssm", "secretsmanager", "s3").
[[nodiscard]] core::nanos max_age_of(std::string_view service, const settings& how) noexcept;

/// The age from which on it is expired; core::infinite: never.
[[nodiscard]] core::nanos lifetime_of(const cache::entry_report& seen,
                                      core::nanos max_age) noexcept;

[[nodiscard]] entry_state state_of(const cache::entry_report& seen, core::nanos max_age,
                                   const settings& how) noexcept;

}  // namespace lambda_cache::agent
