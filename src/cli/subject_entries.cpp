#include "cli/subject_entries.hpp"

#include "aws/role.hpp"
#include "cli/access.hpp"
#include "cli/function_entries.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace lambda_cache::cli {
namespace {

/// As a read that ends in a file of its own: no object is too large for that.
core::result<wanted> as_file(asked_name asked, wiring::entry_options options, std::size_t number) {
  if (asked.kind == name_kind::object) options.file_name = "object-" + std::to_string(number);
  return make_wanted(std::move(asked), std::move(options), {});
}

bool is_same(const wanted& a, const wanted& b) {
  const wiring::entry_options& one = a.spec.options;
  const wiring::entry_options& other = b.spec.options;
  return a.asked.given == b.asked.given && a.spec.locator == b.spec.locator &&
         a.spec.selector == b.spec.selector && a.spec.pinned == b.spec.pinned &&
         one.version_id == other.version_id && one.region == other.region &&
         one.endpoint_url == other.endpoint_url && one.decrypt == other.decrypt &&
         aws::identity_of(one.role) == aws::identity_of(other.role);
}

}  // namespace

core::result<std::vector<wanted>> named_entries(const subject& of, const access_options& access) {
  auto names = parse_names(of.names);
  if (!names) return core::fail(std::move(names.error()));
  std::vector<wanted> out;
  for (asked_name& each : *names) {
    auto made = as_file(std::move(each), entry_options_of(access), out.size());
    if (!made) return core::fail(std::move(made.error()));
    out.push_back(std::move(*made));
  }
  return out;
}

core::result<void> add_declared_entries(std::vector<wanted>& to, const subject& of) {
  auto declared = declared_by(of.function, of.python);
  if (!declared) return core::fail(std::move(declared.error()));
  std::vector<wanted> all = to;
  for (declared_entry& each : *declared) {
    auto made = as_file(std::move(each.asked), std::move(each.options), all.size());
    if (!made) return core::fail(std::move(made.error()));
    made->optional = each.optional;
    const bool known =
        std::ranges::any_of(all, [&](const wanted& one) { return is_same(one, *made); });
    if (!known) all.push_back(std::move(*made));
  }
  to = std::move(all);
  return {};
}

}  // namespace lambda_cache::cli
