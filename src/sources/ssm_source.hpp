// Parameters: GetParameter and GetParameters (API version 2014-11-06).
#pragma once

#include "sources/named_values_source.hpp"

namespace lambda_cache::sources {

/// Parameters of one region, endpoint, credentials source and decryption. I/O thread only, but for
/// close() and after_fork_in_child().
class ssm_source final : public named_values_source {
 public:
  ssm_source(cache::engine& engine, std::shared_ptr<tools> with, service_settings settings,
             bool decrypt);

 private:
  service_request ask_one(const cache::flight_ptr& flying) const override;
  service_request ask_several(flights asked) const override;
  core::result<values> read_one(std::string_view body,
                                const cache::flight_ptr& asked) const override;
  core::result<values> read_several(std::string_view body, flights asked) const override;
  std::size_t most_names_per_call() const override;
  bool goes_with_others(const cache::flight_ptr& flying) const override;
  bool one_denies_all() const override;
  bool several_serves_one() const override;

  const bool decrypt_;
};

}  // namespace lambda_cache::sources
