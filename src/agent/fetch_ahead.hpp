// What is fetched before anybody asks, while the agent already serves.
#pragma once

#include "agent/route.hpp"
#include "agent/settings.hpp"
#include "core/result.hpp"
#include "wiring/read_operation.hpp"
#include "wiring/wired_cache.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::agent {

/// "ssm:/app/a", "ssm-path:/app/", "secret:db", "s3://b/k" as the read that a client would ask for,
/// parameters decrypted. Errors (invalid_argument): another kind of name, or one that its service
/// does not have.
[[nodiscard]] core::result<wanted> wanted_of_name(std::string_view name, const settings& how);

/// One round, which misses together and is fetched together, within settings::prefetch_timeout.
/// Readers that come meanwhile join it. One thread only.
class fetch_ahead {
 public:
  /// Starts it. `names` have passed wanted_of_name(). What can't be asked for here (no region), and
  /// what is not kept anyway, is not waited for.
  fetch_ahead(const settings& how, wiring::wired_cache& in, std::span<const std::string> names);
  ~fetch_ahead();
  fetch_ahead(const fetch_ahead&) = delete;
  fetch_ahead& operator=(const fetch_ahead&) = delete;

  /// Whether it is over; the log has what came of it then.
  [[nodiscard]] bool poll();

 private:
  void tell();

  std::vector<std::string> names_;  // of what is read, in its order
  std::shared_ptr<wiring::read_operation> reading_;
};

}  // namespace lambda_cache::agent
