#include "agent/status_data.hpp"

#include "agent/entry_state.hpp"
#include "agent/health.hpp"
#include "agent/json_object.hpp"
#include "agent/request_counts.hpp"
#include "cache/key.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace lambda_cache::agent {
namespace {

using cache::entry_report;

std::optional<double> seconds_of(core::nanos time) {
  if (time == core::infinite) return std::nullopt;
  return in_seconds(time);
}

std::string_view service_of(const entry_report& of) {
  return cache::key_part(of.target->key, cache::service_part);
}
std::string_view region_of(const entry_report& of) {
  return cache::key_part(of.target->key, cache::region_part);
}

struct described {
  std::string_view kind;
  std::string detail;  // what tells it from others of that name, which the name does not say
};

described describe(const entry_report& of) {
  const std::string_view service = service_of(of);
  const std::string_view selector = cache::key_part(of.target->key, cache::selector_part);
  if (service == "secretsmanager") return {.kind = "secret", .detail = {}};
  if (service == "s3") {
    const std::string_view version = cache::key_part(selector, 0);
    return {.kind = "object", .detail = std::string(version)};
  }
  // No selector of one parameter has a space in it.
  const bool is_path = selector.starts_with("path ");
  std::string detail(is_path ? selector.substr(5) : std::string_view());
  if (of.target->key.ends_with('d')) detail += detail.empty() ? "decrypted" : ", decrypted";
  return {.kind = is_path ? "path" : "parameter", .detail = std::move(detail)};
}

void append_entry(core::secret_bytes& out, const entry_report& of, const settings& how) {
  const core::nanos max_age = max_age_of(service_of(of), how);
  const core::nanos lifetime = lifetime_of(of, max_age);
  const cache::entry_counters& counted = of.counted;
  json_object one(out);
  one.member("service", service_of(of));
  one.member("region", region_of(of));
  one.member("name", std::string_view(of.target->locator));
  const described what = describe(of);
  one.member("kind", what.kind);
  one.member("detail", std::string_view(what.detail));
  one.member("state", text_of(state_of(of, max_age, how)));
  one.member("age", of.has_value ? seconds_of(of.age) : std::nullopt);
  // null: it never expires.
  one.member("max_age", seconds_of(lifetime));
  one.member("left", of.has_value && lifetime != core::infinite
                         ? seconds_of(std::max<core::nanos>(lifetime - of.age, 0))
                         : std::nullopt);
  one.member("bytes", of.bytes);
  one.member("hits", counted.hits);
  one.member("misses", counted.misses);
  one.member("joins", counted.joins);
  one.member("loads", counted.loads);
  one.member("revalidated", counted.revalidated);
  one.member("failures", counted.failures);
  one.member("stale", counted.stale);
  one.member("negative", counted.negative);
  const std::uint64_t fetched = counted.loads + counted.revalidated;
  one.member("load_time", fetched == 0 ? std::nullopt
                                       : std::optional(in_seconds(counted.latency_total) /
                                                       static_cast<double>(fetched)));
  one.member("load_time_max", fetched == 0 ? std::nullopt : seconds_of(counted.latency_max));
  one.member("last_error",
             counted.last_error ? std::optional(to_string(*counted.last_error)) : std::nullopt);
  // Of an error that nothing has followed yet.
  one.member("failed_for", of.failing ? seconds_of(of.failed_for) : std::nullopt);
}

void append_totals(json_object& document, const facts& of) {
  const statistics seen = of.cache.stats();
  document.begin("totals");
  json_object totals = document.inner();
  totals.member("requests", of.requests.total());
  totals.member("hits", seen.hits);
  totals.member("misses", seen.misses);
  totals.member("joins", seen.joins);
  totals.member("loads", seen.loads);
  totals.member("revalidated", seen.revalidated);
  totals.member("failures", seen.failures);
  totals.member("stale", seen.stale);
  totals.member("negative", seen.negative);
  totals.member("evictions", seen.evictions);
  totals.member("upstream_requests", seen.calls);
  totals.member("entries", seen.entries);
  totals.member("bytes", seen.bytes);
}

}  // namespace

core::secret_bytes status_document(const facts& of) {
  auto all = of.cache.reports();
  std::ranges::sort(all, [](const entry_report& a, const entry_report& b) {
    return std::tuple(service_of(a), std::string_view(a.target->locator), region_of(a)) <
           std::tuple(service_of(b), std::string_view(b.target->locator), region_of(b));
  });
  const health seen = health_of(all);
  core::secret_bytes out;
  out.reserve(1024 + all.size() * 384);
  {
    json_object document(out);
    document.member("status", seen.status());
    document.texts("errors", seen.reasons);
    document.member("version", of.version);
    document.member("mode", text_of(of.how.mode));
    document.member("time", in_seconds(of.now.wall));
    document.member("uptime", in_seconds(of.uptime));
    document.member("connections", of.connections);
    document.member("max_connections", of.how.max_connections);
    append_totals(document, of);
    document.begin("entries");
    out.push_back('[');
    for (const entry_report& each : all) {
      if (&each != &all.front()) out.push_back(',');
      append_entry(out, each, of.how);
    }
    out.push_back(']');
  }
  return out;
}

}  // namespace lambda_cache::agent
