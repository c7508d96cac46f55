// The doctor's report for people.
#include "aws/text.hpp"
#include "cli/doctor_report.hpp"
#include "cli/table.hpp"

#include <cstdlib>

namespace lambda_cache::cli {
namespace {

constexpr std::size_t longest_message = 2000;
// Within this, what a whole second can show is no difference.
constexpr std::int64_t clock_tolerance = 2;

std::string line_of(std::string_view message) {
  return aws::text::printable(message, longest_message);
}

std::string clock_line(std::int64_t behind) {
  const std::string seconds = std::to_string(std::abs(behind)) + " s";
  if (std::abs(behind) <= clock_tolerance) return "as that of AWS";
  return seconds + (behind > 0 ? " behind" : " ahead of") + " that of AWS" +
         (std::abs(behind) >= 300 ? ": signatures are refused from 5 minutes on, set it" : "");
}

void append_configuration(table& out, const doctor_report& report) {
  const auto& [provider, who, difference] = report.identity;
  out.row({"credentials", provider.empty() ? "none" : provider});
  if (who) {
    out.row({"account", who->account});
    out.row({"identity", who->arn});
  } else {
    out.row({"identity", "FAILED: " + line_of(who.error().message)});
  }
  if (!report.around) {
    out.row({"configuration", "FAILED: " + line_of(report.around.error().message)});
    return;
  }
  const wiring::surroundings& around = *report.around;
  out.row({"region", around.region.empty() ? "none: set AWS_REGION, or give --region"
                                           : around.region + " (" + around.region_from + ')'});
  if (difference) out.row({"clock", clock_line(*difference)});
}

void append_routes(table& out, const wiring::surroundings& around) {
  out.row({"service", "endpoint", "certificates"});
  for (const wiring::service_route& each : around.routes)
    out.row({each.service, each.url.empty() ? line_of(each.problem) : each.url,
             (each.trust.empty() ? "none needed" : each.trust) +
                 (each.proxy.empty() ? "" : ", by " + each.proxy)});
}

std::string milliseconds(core::nanos took) {
  const core::nanos tenths = took / 100'000;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " ms";
}

void append_entries(table& out, const std::vector<entry_check>& entries) {
  out.row({"read", "time", "name", ""});
  for (const entry_check& each : entries) {
    if (!each.failure)
      out.row({"ok", each.took ? milliseconds(*each.took) : "", each.name, each.facts});
    else if (each.good())
      out.row({"missing", "", each.name, "has a default"});
    else
      out.row({"FAILED", "", each.name, line_of(each.failure->message)});
  }
}

std::string calls_line(const cold_start_calls& calls) {
  std::string parts;
  const auto add = [&](std::size_t count, const char* of) {
    if (count > 0) parts += (parts.empty() ? "" : ", ") + std::to_string(count) + ' ' + of;
  };
  add(calls.of_parameter_store().by_name, "GetParameter or GetParameters");
  add(calls.of_parameter_store().by_path, "GetParametersByPath");
  add(calls.secrets, "GetSecretValue or BatchGetSecretValue");
  add(calls.descriptions, "DescribeSecret");
  add(calls.objects, "GetObject (large objects: more)");
  add(calls.roles, "AssumeRole");
  return "A cold start makes " + std::to_string(calls.total()) +
         (calls.total() == 1 ? " call: " : " calls: ") + parts + ".\n";
}

std::string quota_lines(const cold_start_calls& calls) {
  const auto usual = cold_starts_a_second(calls, default_quota);
  if (!usual) return {};
  return "Parameter Store answers 40 calls a second for an account in a region, if nothing else is "
         "set: " +
         std::to_string(*usual) +
         " cold starts a second.\nWith its higher throughput (up to 10,000 by name, 100 by path; "
         "your figure is in Service Quotas): " +
         std::to_string(*cold_starts_a_second(calls, higher_quota)) + ".\n";
}

}  // namespace

std::string text_of(const doctor_report& report) {
  std::string out = "lambda-cache " + report.version + "\n\n";
  table configuration;
  append_configuration(configuration, report);
  out += configuration.text();
  if (report.around) {
    table routes;
    append_routes(routes, *report.around);
    out += '\n' + routes.text();
  }
  if (report.function_failure)
    out += "\nFAILED: " + line_of(report.function_failure->message) + '\n';
  if (report.entries.empty()) {
    out += "\nNothing was named to be read: give names, or --function.\n";
    return out;
  }
  table entries;
  append_entries(entries, report.entries);
  out += '\n' + entries.text() + '\n' + calls_line(report.calls) + quota_lines(report.calls);
  if (!report.no_policy.empty()) out += "\nNo IAM policy: " + line_of(report.no_policy) + '\n';
  for (const role_policy& each : report.policies)
    out += "\nIAM policy of " + (each.role.empty() ? "the function's role" : each.role) + ":\n" +
           each.json;
  if (!report.policies.empty())
    out +=
        "Values that a KMS key of your own encrypts take kms:Decrypt on it as well "
        "(lambda-cache policy --kms-key).\n";
  return out;
}

}  // namespace lambda_cache::cli
