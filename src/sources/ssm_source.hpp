// Parameters: turns flights into GetParameter and GetParameters calls.
#pragma once

#include "aws/endpoints.hpp"
#include "aws/role.hpp"
#include "cache/engine.hpp"
#include "cache/source.hpp"
#include "sources/tools.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace lambda_cache::sources {

struct ssm_settings {
  std::string region;
  aws::endpoint endpoint;
  bool decrypt = true;
  /// Assumed for these parameters; without one the default chain's credentials are used.
  aws::role_settings role{};
};

class ssm_call;

/// What the role turned out not to be allowed, so that it is not tried again and again.
class permission_memory {
 public:
  /// Forgotten after this long: roles get mended.
  static constexpr core::nanos lifetime = 300 * core::second;

  void deny_batch(core::nanos now) { batch_until_ = now + lifetime; }
  void deny_single(core::nanos now) { single_until_ = now + lifetime; }
  /// This name makes a whole batch fail: it goes alone.
  void isolate(const std::string& name, core::nanos now);
  [[nodiscard]] bool batch_denied(core::nanos now) const { return now < batch_until_; }
  [[nodiscard]] bool single_denied(core::nanos now) const { return now < single_until_; }
  [[nodiscard]] bool isolated(const std::string& name, core::nanos now) const;

 private:
  core::nanos batch_until_ = 0;
  core::nanos single_until_ = 0;
  std::unordered_map<std::string, core::nanos> isolated_;
};

/// Parameters of one region, endpoint, credentials source and decryption. I/O thread only, but for
/// after_fork_in_child().
class ssm_source final : public cache::source {
 public:
  ssm_source(cache::engine& engine, std::shared_ptr<tools> with, ssm_settings settings);
  ~ssm_source() override;

  void fetch(std::vector<cache::flight_ptr> flights) override;
  void abandon(const cache::flight_ptr& flight) override;

  /// Lets go of the tools: the cache is ending and nothing is fetched any more. Any thread, once
  /// the I/O thread has ended.
  void close() noexcept;
  /// The child of a fork starts with new tools and no calls; the old ones are left as they are,
  /// since the I/O thread may have been half-way through anything.
  void after_fork_in_child(std::shared_ptr<tools> with);

 private:
  friend class ssm_call;
  /// Per-entry calls that follow a refused batch.
  struct second_round {
    std::size_t open = 0;
    bool all_allowed = true;
  };
  void start(std::vector<cache::flight_ptr> flights, bool batch,
             const std::shared_ptr<second_round>& round, bool other_tried);

  struct state {
    std::unordered_map<std::uint64_t, std::weak_ptr<ssm_call>> calls;  // by flight
    permission_memory permissions;
  };

  cache::engine& engine_;
  const ssm_settings settings_;
  std::shared_ptr<tools> tools_;
  std::unique_ptr<state> state_;
};

}  // namespace lambda_cache::sources
