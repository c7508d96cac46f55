// Secrets: GetSecretValue and BatchGetSecretValue (API version 2017-10-17).
#pragma once

#include "sources/named_values_source.hpp"

namespace lambda_cache::sources {

/// Secrets of one region, endpoint and credentials source. I/O thread only, but for close() and
/// after_fork_in_child().
class secrets_source final : public named_values_source {
 public:
  using named_values_source::named_values_source;

 private:
  service_request ask_one(const cache::flight_ptr& flying) const override;
  service_request ask_several(flights asked) const override;
  core::result<values> read_one(std::string_view body,
                                const cache::flight_ptr& asked) const override;
  core::result<values> read_several(std::string_view body, flights asked) const override;
  std::size_t most_names_per_call() const override;
  /// The operation for several knows the present version only.
  bool goes_with_others(const cache::flight_ptr& flying) const override;
  /// It needs the permission for one as well.
  bool several_serves_one() const override;
};

}  // namespace lambda_cache::sources
