// What the sources share: the connection to AWS of one configuration. Lives on the I/O thread.
#pragma once

#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "net/retry.hpp"
#include "sources/credentials_provider.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace lambda_cache::sources {

struct tools {
  tools(net::io_loop& on, net::tls_settings tls, aws_credentials_chain chain)
      : loop(on), http(on, std::move(tls)), credentials(on, http, std::move(chain)) {}

  net::io_loop& loop;
  net::http_client http;
  net::retry_budget budget;
  credentials_provider credentials;
  /// Seconds to add to our wall clock when signing; learned from a refused signature.
  std::int64_t clock_offset = 0;
  /// Requests sent, retries included.
  std::atomic<std::uint64_t> calls{0};
};

}  // namespace lambda_cache::sources
