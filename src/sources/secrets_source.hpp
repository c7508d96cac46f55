// Secrets: GetSecretValue, BatchGetSecretValue and DescribeSecret (API version 2017-10-17).
#pragma once

#include "sources/named_values_source.hpp"

namespace lambda_cache::sources {

/// Secrets of one region, endpoint and credentials source. I/O thread only, but for close() and
/// after_fork_in_child().
class secrets_source final : public named_values_source {
 public:
  secrets_source(cache::engine& engine, std::shared_ptr<tools> with, service_settings settings);
  ~secrets_source() override;

  void fetch(std::vector<cache::flight_ptr> wanted) override;
  void abandon(const cache::flight_ptr& flight) noexcept override;
  void close() noexcept override;
  void after_fork_in_child(std::shared_ptr<tools> with) override;

 private:
  service_request ask_one(const cache::flight_ptr& flying) const override;
  service_request ask_several(flights asked) const override;
  core::result<values> read_one(std::string_view body,
                                const cache::flight_ptr& asked) const override;
  core::result<values> read_several(std::string_view body, flights asked) const override;
  std::size_t most_names_per_call() const override;
  /// The operation for several knows the present version only.
  bool goes_with_others(const cache::flight_ptr& flying) const override;
  /// What the role may not read is told beside what it may.
  bool one_denies_all() const override;
  /// It needs the permission for one as well.
  bool several_serves_one() const override;
  void complete(const cache::flight_ptr& flying, cache::load brought,
                const core::moment& now) override;
  void fail(const cache::flight_ptr& flying, const error_info& why,
            const core::moment& now) override;
  void abort(const cache::flight_ptr& flying, const error_info& why) noexcept override;

  // Rotation (secrets_rotation.cpp): entries that revalidate are described, and fetched only if
  // their version is another one; the description also says when they rotate next.
  struct rotation;
  struct rotations;
  void describe(const cache::flight_ptr& flying, cache::snapshot_ptr known);
  void described(const cache::flight_ptr& flying, service_call::answer got) noexcept;
  void take_description(const cache::flight_ptr& flying, service_call::answer got);
  void forget(const cache::flight_ptr& flying) noexcept;

  std::unique_ptr<rotations> rotations_;
};

}  // namespace lambda_cache::sources
