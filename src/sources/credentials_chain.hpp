// The credentials of one configuration: the default chain, and roles assumed with it.
#pragma once

#include "aws/credential_plan.hpp"
#include "aws/role.hpp"
#include "sources/credentials_provider.hpp"
#include "sources/credentials_settings.hpp"
#include "sources/key_fetcher.hpp"

#include <map>
#include <memory>
#include <string>

namespace lambda_cache::sources {

/// The first that has something, in botocore's order; once chosen it stays. The shared files are
/// read at the first get(), and not at all when the environment has keys. Loop thread only.
class credentials_chain final : public credentials_provider {
 public:
  /// `settings` outlive the chain.
  credentials_chain(const fetch_tools& with, const credentials_settings& settings)
      : tools_(with), settings_(settings) {}

  void get(handler done) override;
  bool renew(const keys& refused) override;
  /// Empty before the first get().
  [[nodiscard]] std::string describe() const override;

 private:
  [[nodiscard]] core::result<aws::credential_plan> plan() const;
  core::result<std::shared_ptr<credentials_provider>> make(aws::credential_plan plan) const;
  core::result<std::unique_ptr<key_fetcher>> fetcher_of(aws::credential_plan& plan) const;

  fetch_tools tools_;
  const credentials_settings& settings_;
  std::shared_ptr<credentials_provider> chosen_;
};

/// Hands out the providers of one configuration. Made on any thread, used and destroyed where the
/// loop's thread is or when it does not run.
class credentials_store {
 public:
  credentials_store(const fetch_tools& with, credentials_settings settings);

  [[nodiscard]] credentials_provider& base() noexcept { return *base_; }
  /// The provider for an entry's role: the default chain's without one. Lives as long as the store.
  [[nodiscard]] credentials_provider& for_role(const aws::role_settings& role);
  [[nodiscard]] const sts_settings& sts() const noexcept { return settings_.sts; }

 private:
  fetch_tools tools_;
  const credentials_settings settings_;
  const std::shared_ptr<credentials_chain> base_;
  std::map<std::string, std::shared_ptr<credentials_provider>> roles_;
};

/// The two shared files, read and taken apart. Errors: credentials.
[[nodiscard]] core::result<aws::shared_config> read_shared_config(const aws::environment& env);

}  // namespace lambda_cache::sources
