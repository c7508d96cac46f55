#include "cli/cold_start.hpp"

#include "aws/arn.hpp"
#include "aws/role.hpp"
#include "aws/secrets_codec.hpp"
#include "aws/ssm_codec.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

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

/// Whose quota a read of Parameter Store counts for.
std::string store_of(const wanted& one) {
  const wiring::entry_options& options = one.spec.options;
  const std::string& whose =
      one.spec.base.starts_with("arn:") ? one.spec.base : options.role.role_arn;
  const auto parts = aws::split_arn(whose);
  return options.region.value_or(one.spec.region) + '\n' +
         std::string(parts ? parts->account : std::string_view());
}

}  // namespace

store_calls cold_start_calls::of_parameter_store() const noexcept {
  store_calls sum;
  for (const store_calls& each : stores) {
    sum.by_name += each.by_name;
    sum.by_path += each.by_path;
  }
  return sum;
}

cold_start_calls count_calls(std::span<const wanted> all, std::span<const std::size_t> held) {
  cold_start_calls out;
  std::map<std::string, store_calls> stores;
  struct names_of_source {
    std::size_t count = 0;
    std::string store;
  };
  std::map<std::string, names_of_source> parameters;
  std::map<std::string, std::size_t> secrets;
  std::set<std::string> roles;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const wanted& one = all[i];
    if (one.spec.options.role) roles.insert(aws::identity_of(one.spec.options.role));
    switch (one.asked.kind) {
      case name_kind::parameter: {
        auto& names = parameters[source_of(one)];
        ++names.count;
        names.store = store_of(one);
        break;
      }
      case name_kind::path: {
        const std::size_t parts = i < held.size() ? held[i] : 0;
        stores[store_of(one)].by_path +=
            std::max<std::size_t>(in_pieces(parts, aws::max_parameters_per_page), 1);
        break;
      }
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
  for (const auto& [source, names] : parameters)
    stores[names.store].by_name += in_pieces(names.count, aws::max_names_per_call);
  for (const auto& [store, calls] : stores)
    out.stores.push_back(calls);
  for (const auto& [source, count] : secrets)
    out.secrets += in_pieces(count, aws::max_secrets_per_call);
  out.roles = roles.size();
  return out;
}

std::optional<std::uint64_t> cold_starts_a_second(const cold_start_calls& calls,
                                                  const parameter_store_quota& quota) {
  std::optional<std::uint64_t> out;
  const auto at_most = [&](std::uint64_t allowed, std::size_t needed) {
    if (needed > 0) out = std::min(out.value_or(allowed / needed), allowed / needed);
  };
  for (const store_calls& each : calls.stores) {
    if (quota.shared) {
      at_most(quota.by_name, each.by_name + each.by_path);
    } else {
      at_most(quota.by_name, each.by_name);
      at_most(quota.by_path, each.by_path);
    }
  }
  return out;
}

}  // namespace lambda_cache::cli
