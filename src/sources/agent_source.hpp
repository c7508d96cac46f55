// Parameters and secrets that are read through an agent.
#pragma once

#include "aws/parameter_path.hpp"
#include "sources/named_values_source.hpp"

#include <string>

namespace lambda_cache::sources {

/// Names that come together are one request, as many as AWS takes in a call.
class agent_parameters final : public named_values_source {
 public:
  agent_parameters(cache::engine& engine, std::shared_ptr<tools> with, service_settings settings,
                   bool decrypt);
  void fetch(std::vector<cache::flight_ptr> wanted) override;
  [[nodiscard]] bool brings_old() const noexcept override { return true; }

 private:
  service_request ask_one(const cache::flight_ptr& flying) const override;
  service_request ask_several(flights asked) const override;
  core::result<values> read_one(std::string_view body,
                                const cache::flight_ptr& asked) const override;
  core::result<values> read_several(std::string_view body, flights asked) const override;
  std::size_t most_names_per_call() const override;
  bool goes_with_others(const cache::flight_ptr&) const override { return true; }
  /// What cannot be read is told beside what can.
  bool one_denies_all() const override { return false; }
  bool several_serves_one() const override { return false; }
  /// AWS's products know one name at a time.
  bool lacks_several(const service_call::answer& got) const override;

  const bool decrypt_;
};

/// One request a secret, side by side.
class agent_secrets final : public named_values_source {
 public:
  using named_values_source::named_values_source;
  [[nodiscard]] bool brings_old() const noexcept override { return true; }

 private:
  service_request ask_one(const cache::flight_ptr& flying) const override;
  service_request ask_several(flights asked) const override;
  core::result<values> read_one(std::string_view body,
                                const cache::flight_ptr& asked) const override;
  core::result<values> read_several(std::string_view body, flights asked) const override;
  std::size_t most_names_per_call() const override { return 1; }
  bool goes_with_others(const cache::flight_ptr&) const override { return false; }
  bool one_denies_all() const override { return false; }
  bool several_serves_one() const override { return false; }
};

/// Everything below a path, in one answer.
[[nodiscard]] service_request agent_path_request(const aws::parameter_path& of, bool decrypt);

/// Of parameters or secrets, as `settings` say; paths have a source that asks agents as well.
[[nodiscard]] std::shared_ptr<remote_source> make_agent_source(cache::engine& engine,
                                                               std::shared_ptr<tools> with,
                                                               service_settings settings,
                                                               bool decrypt);

}  // namespace lambda_cache::sources
