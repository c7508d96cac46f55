#include "cli/cold_start.hpp"

#include "aws/role.hpp"
#include "aws/secrets_codec.hpp"
#include "aws/ssm_codec.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace lambda_cache::cli {
namespace {

std::size_t in_pieces(std::size_t count, std::size_t most) {
  return (count + most - 1) / most;
}

/// What goes together in one call is read by one source: see wired_cache::bind().
std::string source_of(const wanted& one) {
  const wiring::entry_options& options = one.spec.options;
  return options.region.value_or(one.spec.region) + '\n' + options.endpoint_url.value_or("") +
         '\n' + aws::identity_of(options.role) + (options.decrypt ? "\nd" : "\ne");
}

}  // namespace

cold_start_calls count_calls(std::span<const wanted> all, std::span<const std::size_t> held) {
  cold_start_calls out;
  std::map<std::string, std::size_t> parameters;
  std::map<std::string, std::size_t> secrets;
  std::set<std::string> roles;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const wanted& one = all[i];
    if (one.spec.options.role) roles.insert(aws::identity_of(one.spec.options.role));
    switch (one.asked.kind) {
      case name_kind::parameter:
        ++parameters[source_of(one)];
        break;
      case name_kind::path:
        out.paths += std::max<std::size_t>(
            in_pieces(i < held.size() ? held[i] : 0, aws::max_names_per_call), 1);
        break;
      case name_kind::secret:
        if (one.spec.selector.empty())
          ++secrets[source_of(one)];
        else
          ++out.secrets;
        if (one.spec.options.rotation_aware) ++out.descriptions;
        break;
      case name_kind::object:
        ++out.objects;
        break;
    }
  }
  for (const auto& [source, count] : parameters)
    out.parameters += in_pieces(count, aws::max_names_per_call);
  for (const auto& [source, count] : secrets)
    out.secrets += in_pieces(count, aws::max_secrets_per_call);
  out.roles = roles.size();
  return out;
}

std::optional<std::uint64_t> cold_starts_a_second(const cold_start_calls& calls,
                                                  const parameter_store_quota& quota) {
  if (calls.of_parameter_store() == 0) return std::nullopt;
  if (quota.shared) return quota.by_name / calls.of_parameter_store();
  std::optional<std::uint64_t> out;
  if (calls.parameters > 0) out = quota.by_name / calls.parameters;
  if (calls.paths > 0) out = std::min(out.value_or(quota.by_path), quota.by_path / calls.paths);
  return out;
}

}  // namespace lambda_cache::cli
