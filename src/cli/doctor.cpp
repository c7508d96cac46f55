#include "cli/doctor.hpp"

#include "cli/access.hpp"
#include "cli/doctor_report.hpp"
#include "cli/output.hpp"
#include "cli/policy.hpp"
#include "cli/subject_entries.hpp"
#include "cli/temporary_directory.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace lambda_cache::cli {
namespace {

int end_with(const error_info& why, int status) {
  complain(why.message);
  return status;
}

int print(std::string_view text, const interrupts& by) {
  output to(STDOUT_FILENO, by);
  if (!to.write(text) && !to.reason().empty()) complain(to.reason());
  return to.status();
}

bool is_used(const std::string& role, const std::vector<wanted>& all) {
  return std::ranges::any_of(
      all, [&](const wanted& each) { return each.spec.options.role.role_arn == role; });
}

/// One policy for the function's role, one for each role that it assumes.
void add_policies(doctor_report& to, const std::vector<wanted>& all) {
  if (!to.identity.who) {
    to.no_policy = "the account is not known (lambda-cache policy --account).";
    return;
  }
  const policy_scope scope{to.identity.who->account, to.around ? to.around->region : "", {}};
  std::vector<std::string> roles = assumed_roles(all);
  roles.insert(roles.begin(), "");
  for (const std::string& role : roles) {
    const auto made = make_policy(all, scope, role);
    if (!made) {
      to.no_policy = made.error().message;
      to.policies.clear();
      return;
    }
    to.policies.push_back({role, std::string(made->data(), made->size())});
  }
}

core::result<void> use_temporary_files(temporary_directory& directory,
                                       const std::vector<wanted>& all) {
  const bool any = std::ranges::any_of(
      all, [](const wanted& each) { return each.asked.kind == name_kind::object; });
  if (!any) return {};
  if (auto made = directory.make(); !made) return made;
  wiring::set_process_variable("LAMBDA_CACHE_S3_DIRECTORY", directory.path());
  return {};
}

std::vector<std::size_t> held_by(const std::vector<entry_check>& entries) {
  std::vector<std::size_t> out;
  out.reserve(entries.size());
  for (const entry_check& each : entries)
    out.push_back(each.held);
  return out;
}

}  // namespace

int run_doctor(const doctor_request& request) {
  if (auto applied = apply(request.access); !applied) return end_with(applied.error(), wrong_use);
  auto all = named_entries(request.of, request.access);
  if (!all) return end_with(all.error(), wrong_use);
  doctor_report report{.version = LAMBDA_CACHE_VERSION,
                       .around = wiring::look_around(),
                       .identity = {{}, wiring::identity{}, {}},
                       .function = request.of.function,
                       .function_failure = {},
                       .entries = {},
                       .calls = {},
                       .policies = {},
                       .no_policy = {}};
  if (report.around && request.access.region) report.around->region_from = "--region";
  if (!request.of.function.empty())
    if (auto added = add_declared_entries(*all, request.of); !added)
      report.function_failure = std::move(added.error());
  report.identity = wiring::ask_identity();

  const interrupts by;
  temporary_directory directory;
  if (auto ready = use_temporary_files(directory, *all); !ready)
    return end_with(ready.error(), failure);
  auto checked = check_entries(*all, by);
  if (!checked) return status_of_signal(by.signal());
  report.entries = std::move(*checked);
  report.calls = count_calls(*all, held_by(report.entries));
  if (!all->empty()) add_policies(report, *all);
  const int printed = print(request.json ? json_of(report) : text_of(report), by);
  if (printed != success) return printed;
  return report.healthy() ? success : failure;
}

int run_policy(const policy_request& request) {
  if (auto applied = apply(request.access); !applied) return end_with(applied.error(), wrong_use);
  auto all = named_entries(request.of, request.access);
  if (!all) return end_with(all.error(), wrong_use);
  if (!request.of.function.empty())
    if (auto added = add_declared_entries(*all, request.of); !added)
      return end_with(added.error(), failure);
  if (all->empty()) {
    complain(request.of.function.empty()
                 ? "Nothing to read: give names, or --function."
                 : "--function " + request.of.function + " declares nothing that is read.");
    return request.of.function.empty() ? wrong_use : failure;
  }
  if (!is_used(request.for_role, *all) && !request.for_role.empty()) {
    complain("--for-role " + request.for_role + " is assumed for none of these values.");
    return wrong_use;
  }
  const auto around = wiring::look_around();
  if (!around) return end_with(around.error(), failure);
  policy_scope scope{request.account, around->region, request.kms_keys};
  if (scope.account.empty()) {
    auto known = wiring::ask_identity().who;
    if (!known) {
      complain("The account is not known, give it by --account: " + known.error().message);
      return failure;
    }
    scope.account = std::move(known->account);
  }
  const auto made = make_policy(*all, scope, request.for_role);
  if (!made) return end_with(made.error(), failure);
  const interrupts by;
  return print({made->data(), made->size()}, by);
}

}  // namespace lambda_cache::cli
