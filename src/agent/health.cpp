#include "agent/health.hpp"

#include "agent/json_object.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>

namespace lambda_cache::agent {
namespace {

constexpr core::nanos lately = 60 * core::second;

/// Whether it says something about the way to AWS, not about the one name that was asked for.
bool is_of_service(error_kind why) noexcept {
  switch (why) {
    case error_kind::credentials:
    case error_kind::throttled:
    case error_kind::timeout:
    case error_kind::connection:
    case error_kind::tls:
    case error_kind::protocol:
    case error_kind::service:
    case error_kind::storage:
      return true;
    case error_kind::invalid_argument:
    case error_kind::not_found:
    case error_kind::access_denied:
    case error_kind::decryption:
    case error_kind::rejected:
    case error_kind::transform:
    case error_kind::cancelled:
      break;
  }
  return false;
}

}  // namespace

health health_of(std::span<const cache::entry_report> all) {
  health out;
  for (const cache::entry_report& each : all) {
    if (each.has_value) ++out.entries;
    if (!each.failing || !is_of_service(*each.failing) || each.failed_for >= lately) continue;
    ++out.failing;
    out.reasons.insert(to_string(*each.failing));
  }
  return out;
}

core::secret_bytes health_document(const facts& of) {
  const auto all = of.cache.reports();
  const health seen = health_of(all);
  core::secret_bytes out;
  {
    json_object document(out);
    document.member("status", seen.status());
    document.member("version", of.version);
    document.member("mode", text_of(of.how.mode));
    document.member("uptime_seconds", in_seconds(of.uptime));
    document.member("entries", seen.entries);
    document.member("failing", seen.failing);
    document.texts("errors", seen.reasons);
  }
  return out;
}

}  // namespace lambda_cache::agent
