// What the sources share: the connection to AWS of one configuration. Lives on the I/O thread.
#pragma once

#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "net/retry.hpp"
#include "sources/credentials_chain.hpp"
#include "sources/credentials_provider.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace lambda_cache::sources {

struct tools {
  tools(net::io_loop& on, net::tls_settings tls, credentials_settings settings,
        net::proxy_settings proxies = {})
      : loop(on),
        http(on, std::move(tls), {}, std::move(proxies)),
        store_(fetching(), std::move(settings)),
        credentials(store_.base()) {}

  net::io_loop& loop;
  net::http_client http;
  net::retry_budget budget;
  /// Seconds to add to our wall clock when signing; learned from a refused signature.
  std::int64_t clock_offset = 0;
  /// Requests sent, retries included.
  std::atomic<std::uint64_t> calls{0};

 private:
  credentials_store store_;  // behind what its calls use

 public:
  /// The default chain.
  credentials_provider& credentials;
  /// The provider for an entry with a role; the default chain's without one.
  [[nodiscard]] credentials_provider& credentials_for(const aws::role_settings& role) {
    return store_.for_role(role);
  }

  /// For what fetches credentials and identities.
  [[nodiscard]] fetch_tools fetching() noexcept { return {loop, http, budget, clock_offset}; }
  [[nodiscard]] credentials_store& store() noexcept { return store_; }
};

}  // namespace lambda_cache::sources
