// Of the parameters of the test kit: all that a path holds.
#include "sources/fake_store.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

namespace lambda_cache::sources {
namespace {

/// What every SecureString is encrypted with here.
constexpr std::string_view default_key = "alias/aws/ssm";

bool fits(const aws::parameter_filter& filter, std::string_view what) {
  return std::ranges::any_of(filter.values, [&](const std::string& value) {
    return filter.begins_with ? what.starts_with(value) : what == value;
  });
}

}  // namespace

/// The version that the filters choose of a parameter; 0: none.
std::int64_t fake_parameters::chosen_by(const std::vector<aws::parameter_filter>& filters,
                                        const parameter& of) {
  auto number = static_cast<std::int64_t>(of.versions.size());
  for (const aws::parameter_filter& filter : filters) {
    if (filter.key != "Label") continue;
    number = 0;
    for (const auto& [label, labelled] : of.labels)
      if (fits(filter, label)) number = std::max(number, labelled);
  }
  if (number == 0) return 0;
  const std::string& type = of.versions[static_cast<std::size_t>(number - 1)].type;
  for (const aws::parameter_filter& filter : filters) {
    if (filter.key == "Type" && !fits(filter, type)) return 0;
    if (filter.key == "KeyId" && (type != "SecureString" || !fits(filter, default_key))) return 0;
  }
  return number;
}

core::value_data fake_parameters::find_below(const aws::parameter_path& asked, bool decrypt,
                                             const std::string& region) const {
  core::value_data whole;
  whole.kind = core::value_kind::several;
  for (const auto& [base, of] : parameters_) {
    const std::string_view below = aws::name_below(asked.path, of.name);
    if (below.empty() || (!asked.recursive && below.find('/') != std::string_view::npos)) continue;
    const std::int64_t number = chosen_by(asked.filters, of);
    if (number == 0) continue;
    whole.members.push_back({std::string(below), Value(std::make_shared<const core::value_data>(
                                                     value_of(of, number, decrypt, region)))});
  }
  std::ranges::sort(whole.members, {}, &core::named_value::name);
  return whole;
}

}  // namespace lambda_cache::sources
