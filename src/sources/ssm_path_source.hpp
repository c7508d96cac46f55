// Everything below a path: GetParametersByPath (API version 2014-11-06), page after page.
#pragma once

#include "aws/parameter_path.hpp"
#include "aws/ssm_codec.hpp"
#include "cache/engine.hpp"
#include "sources/remote_source.hpp"
#include "sources/service_call.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace lambda_cache::sources {

/// How much a path may hold. What is more is an error, not a part of it.
struct path_limits {
  std::size_t pages = 2'000;
  std::size_t parameters = 10'000;
  std::size_t bytes = std::size_t{64} << 20;
};

/// The paths of one region, endpoint, credentials source, decryption, depth and choice of filters.
/// A flight is a path; its value is all that the path holds, as old as the first page's request.
///
/// Pages follow one another, as the service's tokens do. Each has the attempts of its own, so that
/// a passing refusal in the middle asks for that page again only; the deadline is that of the
/// whole. I/O thread only, but for close() and after_fork_in_child().
class ssm_path_source final : public remote_source {
 public:
  /// `what.path` does not count: the flights name theirs.
  ssm_path_source(cache::engine& engine, std::shared_ptr<tools> with, service_settings settings,
                  bool decrypt, aws::parameter_path what, path_limits limits = {});
  ~ssm_path_source() override;

  void fetch(std::vector<cache::flight_ptr> wanted) override;
  void abandon(const cache::flight_ptr& flight) noexcept override;
  void close() noexcept override;
  void use(std::shared_ptr<tools> with) noexcept override { tools_ = std::move(with); }
  void after_fork_in_child(std::shared_ptr<tools> with) override;
  [[nodiscard]] bool brings_old() const noexcept override { return settings_.agent != nullptr; }

 private:
  struct reading;
  struct state;

  void ask(const std::shared_ptr<reading>& of);
  void answered(const std::shared_ptr<reading>& of, const service_call::answer& got) noexcept;
  void take_answer(const std::shared_ptr<reading>& of, const service_call::answer& got);
  core::result<void> take(reading& of, aws::parameter_page page) const;
  void fail(const reading& of, const error_info& why);
  /// Only inside a catch block.
  void abort(const cache::flight_ptr& flight) noexcept;
  /// `stale`: why an agent had nothing newer.
  void complete(reading& of, const std::optional<error_info>& stale);

  cache::engine& engine_;
  const service_settings settings_;
  const bool decrypt_;
  const aws::parameter_path what_;
  const path_limits limits_;
  std::shared_ptr<tools> tools_;
  std::unique_ptr<state> state_;
};

}  // namespace lambda_cache::sources
