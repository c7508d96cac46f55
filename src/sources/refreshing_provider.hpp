// Keeps fetched credentials, renews them ahead of their expiry, lets old ones serve meanwhile.
#pragma once

#include "sources/credentials_provider.hpp"
#include "sources/key_fetcher.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lambda_cache::sources {

class refreshing_provider final : public credentials_provider,
                                  public std::enable_shared_from_this<refreshing_provider> {
 public:
  refreshing_provider(const fetch_tools& with, std::unique_ptr<key_fetcher> fetcher,
                      std::string description);

  void get(handler done) override;
  bool renew(const keys& refused) override;
  [[nodiscard]] std::string describe() const override { return description_; }

 private:
  [[nodiscard]] bool usable(std::int64_t margin) const;
  [[nodiscard]] bool may_try() const;
  void fetch() noexcept;
  void fetched(core::result<aws::credentials> got) noexcept;
  void keep(aws::credentials got);
  void set_windows();
  void settle(const core::result<keys>& outcome) noexcept;

  fetch_tools tools_;
  const std::unique_ptr<key_fetcher> fetcher_;
  const std::string description_;
  keys current_;
  // Seconds before expiry from which new ones are wanted, and from which they are required.
  std::int64_t advisory_ = aws::advisory_refresh_seconds;
  std::int64_t mandatory_ = aws::mandatory_refresh_seconds;
  bool fetching_ = false;
  unsigned failures_ = 0;
  core::nanos next_try_ = 0;  // on the coarse monotonic clock
  std::vector<handler> waiting_;
};

}  // namespace lambda_cache::sources
