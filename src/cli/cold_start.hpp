// What a cold start costs: the calls that reading everything for the first time takes.
#pragma once

#include "cli/wanted.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lambda_cache::cli {

/// Calls to the Parameter Store of one account in one region: what a quota is for.
struct store_calls {
  std::size_t by_name = 0;  // GetParameter and GetParameters
  std::size_t by_path = 0;  // GetParametersByPath
};

struct cold_start_calls {
  std::vector<store_calls> stores = {};
  std::size_t secrets = 0;       // GetSecretValue and BatchGetSecretValue
  std::size_t descriptions = 0;  // DescribeSecret
  std::size_t objects = 0;       // GetObject; large ones take more
  std::size_t roles = 0;         // AssumeRole

  /// Of all stores.
  [[nodiscard]] store_calls of_parameter_store() const noexcept;
  [[nodiscard]] std::size_t total() const noexcept {
    const store_calls sum = of_parameter_store();
    return sum.by_name + sum.by_path + secrets + descriptions + objects + roles;
  }
};

/// `held`: how many parameters each of `all` is, where it is a path that was read; 0: not known.
[[nodiscard]] cold_start_calls count_calls(std::span<const wanted> all,
                                           std::span<const std::size_t> held = {});

/// Calls a second that Parameter Store answers, for an account in a region.
struct parameter_store_quota {
  std::uint64_t by_name = 0;  // GetParameter, GetParameters
  std::uint64_t by_path = 0;  // GetParametersByPath
  bool shared = false;        // one quota for both
};
/// What an account has if nothing was asked for.
inline constexpr parameter_store_quota default_quota{40, 40, true};
/// With the setting /ssm/parameter-store/high-throughput-enabled, at most: the account's figure is
/// in Service Quotas.
inline constexpr parameter_store_quota higher_quota{10'000, 100, false};

/// How many cold starts a second the quota bears, each store its own; nothing if Parameter Store is
/// not asked.
[[nodiscard]] std::optional<std::uint64_t> cold_starts_a_second(const cold_start_calls& calls,
                                                                const parameter_store_quota& quota);

}  // namespace lambda_cache::cli
