#include "cli/doctor_report.hpp"

#include "cli/json_writer.hpp"

#include <algorithm>

namespace lambda_cache::cli {
namespace {

bool all_read(const std::vector<entry_check>& entries) {
  return std::ranges::all_of(entries, &entry_check::good);
}

void write_failure(json_writer& out, const error_info& why) {
  out.begin_object().key("kind").text(to_string(why.kind));
  if (!why.code.empty()) out.key("code").text(why.code);
  out.key("message").text(why.message).end_object();
}

void write_around(json_writer& out, const wiring::surroundings& around) {
  out.key("region");
  if (around.region.empty())
    out.null();
  else
    out.begin_object()
        .key("name")
        .text(around.region)
        .key("from")
        .text(around.region_from)
        .end_object();
  out.key("endpoints").begin_list();
  for (const wiring::service_route& each : around.routes) {
    out.begin_object().key("service").text(each.service);
    if (each.url.empty()) {
      out.key("problem").text(each.problem);
    } else {
      out.key("url").text(each.url);
      if (!each.trust.empty()) out.key("certificates").text(each.trust);
      if (!each.proxy.empty()) out.key("proxy").text(each.proxy);
    }
    out.end_object();
  }
  out.end_list();
}

void write_identity(json_writer& out, const wiring::identity_report& identity) {
  out.key("credentials").begin_object();
  if (!identity.provider.empty()) out.key("provider").text(identity.provider);
  if (identity.who) {
    out.key("account").text(identity.who->account).key("arn").text(identity.who->arn);
  } else {
    out.key("failure");
    write_failure(out, identity.who.error());
  }
  out.end_object();
  if (identity.clock_difference) out.key("clock_behind_seconds").number(*identity.clock_difference);
}

void write_entries(json_writer& out, const std::vector<entry_check>& entries) {
  out.key("entries").begin_list();
  for (const entry_check& each : entries) {
    out.begin_object().key("name").text(each.name).key("read").boolean(!each.failure);
    if (each.took) out.key("milliseconds").milliseconds(*each.took);
    if (!each.facts.empty()) out.key("facts").text(each.facts);
    if (each.failure) {
      out.key("optional").boolean(each.optional).key("failure");
      write_failure(out, *each.failure);
    }
    out.end_object();
  }
  out.end_list();
}

void write_bearable(json_writer& out, std::string_view name, const cold_start_calls& calls,
                    const parameter_store_quota& quota) {
  if (const auto bearable = cold_starts_a_second(calls, quota))
    out.key(name).number(static_cast<std::int64_t>(*bearable));
}

void write_cold_start(json_writer& out, const cold_start_calls& calls) {
  const auto count = [&](std::string_view name, std::size_t number) {
    out.key(name).number(static_cast<std::int64_t>(number));
  };
  out.key("cold_start").begin_object();
  count("calls", calls.total());
  count("parameters_by_name", calls.of_parameter_store().by_name);
  count("parameters_by_path", calls.of_parameter_store().by_path);
  count("secrets", calls.secrets);
  count("secret_descriptions", calls.descriptions);
  count("objects", calls.objects);
  count("assumed_roles", calls.roles);
  write_bearable(out, "a_second_by_default", calls, default_quota);
  write_bearable(out, "a_second_with_higher_throughput", calls, higher_quota);
  out.end_object();
}

}  // namespace

bool doctor_report::healthy() const noexcept {
  if (!around || function_failure || !all_read(entries)) return false;
  // Where STS cannot be reached, values that could be read prove the credentials.
  return identity.who.has_value() ||
         std::ranges::any_of(entries, [](const entry_check& each) { return !each.failure; });
}

std::string json_of(const doctor_report& report) {
  json_writer out(true);
  out.begin_object().key("version").text(report.version);
  out.key("healthy").boolean(report.healthy());
  if (report.around) {
    write_around(out, *report.around);
  } else {
    out.key("configuration_failure");
    write_failure(out, report.around.error());
  }
  write_identity(out, report.identity);
  if (!report.function.empty()) {
    out.key("function").begin_object().key("handler").text(report.function);
    if (report.function_failure) {
      out.key("failure");
      write_failure(out, *report.function_failure);
    }
    out.end_object();
  }
  write_entries(out, report.entries);
  if (!report.entries.empty()) write_cold_start(out, report.calls);
  if (!report.no_policy.empty()) out.key("no_policy").text(report.no_policy);
  out.key("policies").begin_list();
  for (const role_policy& each : report.policies) {
    out.begin_object();
    if (!each.role.empty()) out.key("role").text(each.role);
    out.key("policy").raw(each.json).end_object();
  }
  out.end_list().end_object();
  return std::string(out.view()) + '\n';
}

}  // namespace lambda_cache::cli
