// Credentials when they are needed: from the environment, or fetched and renewed ahead of expiry.
#pragma once

#include "aws/credentials.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/http_client.hpp"
#include "net/io_loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lambda_cache::sources {

/// Where to look, in this order; read from the environment by the wiring.
struct aws_credentials_chain {
  std::optional<aws::credentials> fixed;
  std::optional<aws::container_source> container;
  /// Why there are none, if the environment's settings are broken.
  std::optional<error_info> broken;
};

/// Loop thread only.
class credentials_provider {
 public:
  using keys = std::shared_ptr<const aws::credentials>;
  using handler = std::move_only_function<void(core::result<keys>)>;

  credentials_provider(net::io_loop& loop, net::http_client& http, aws_credentials_chain chain);

  /// Hands over credentials that are good for now; may call `done` at once. Concurrent callers
  /// share one fetch. Errors: credentials (none configured, or the endpoint refused), or the
  /// passing error of the fetch.
  void get(handler done);
  /// A service said these have expired; true if others can be had, so that trying again makes
  /// sense.
  bool renew(const keys& refused);

 private:
  [[nodiscard]] bool usable(std::int64_t margin) const;
  void fetch();
  void fetched(core::result<net::http_response> answer);
  void settle(const core::result<keys>& outcome);

  net::io_loop& loop_;
  net::http_client& http_;
  aws_credentials_chain chain_;
  keys current_;
  bool fetching_ = false;
  std::vector<handler> waiting_;
};

}  // namespace lambda_cache::sources
