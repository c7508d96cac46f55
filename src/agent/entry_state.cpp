#include "agent/entry_state.hpp"

#include "cache/policy.hpp"

#include <algorithm>

namespace lambda_cache::agent {
namespace {

bool is_expiring(core::nanos age, core::nanos lifetime, core::nanos max_age, core::nanos ahead) {
  if (lifetime == core::infinite) return false;
  if (cache::is_refreshed_ahead(age, max_age, ahead)) return true;
  return lifetime - age <= lifetime / 10;
}

}  // namespace

std::string_view text_of(entry_state state) noexcept {
  switch (state) {
    case entry_state::fresh:
      return "fresh";
    case entry_state::expiring:
      return "expiring";
    case entry_state::expired:
      return "expired";
    case entry_state::stale:
      return "stale";
    case entry_state::failing:
      return "failing";
    case entry_state::loading:
      return "loading";
    case entry_state::empty:
      break;
  }
  return "empty";
}

core::nanos max_age_of(std::string_view service, const settings& how) noexcept {
  if (service == "secretsmanager") return how.secret_max_age;
  if (service == "s3") return how.object_max_age;
  return how.parameter_max_age;
}

core::nanos lifetime_of(const cache::entry_report& seen, core::nanos max_age) noexcept {
  if (max_age == 0) return 0;
  return std::min(seen.pinned ? core::infinite : max_age, seen.lifetime);
}

entry_state state_of(const cache::entry_report& seen, core::nanos max_age,
                     const settings& how) noexcept {
  if (seen.is_loading) return entry_state::loading;
  const core::nanos lifetime = lifetime_of(seen, max_age);
  if (seen.has_value && cache::is_fresh(seen.age, lifetime)) {
    const core::nanos ahead = seen.pinned ? 0 : how.refresh_ahead;
    return is_expiring(seen.age, lifetime, max_age, ahead) ? entry_state::expiring
                                                           : entry_state::fresh;
  }
  if (seen.failing) {
    const core::nanos servable = cache::saturating_add(lifetime, how.stale_if_error);
    return seen.has_value && seen.failing_passes && seen.age < servable ? entry_state::stale
                                                                        : entry_state::failing;
  }
  return seen.has_value ? entry_state::expired : entry_state::empty;
}

}  // namespace lambda_cache::agent
