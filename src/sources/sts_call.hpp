// One request to STS, attempts, clock and expired credentials included.
#pragma once

#include "aws/endpoints.hpp"
#include "aws/role.hpp"
#include "core/secret_memory.hpp"
#include "sources/credentials_provider.hpp"
#include "sources/key_fetcher.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lambda_cache::sources {

/// Where STS is: of one configuration.
struct sts_settings {
  std::string region;  // may be empty: then calls fail with the advice to set one
  aws::endpoint_options endpoint;
};

/// Loop thread only. One request at a time; its end ends the request.
class sts_call {
 public:
  using handler = std::move_only_function<void(core::result<core::secret_bytes>& answer)>;

  struct request {
    std::string operation;
    aws::role_settings role;  // for the error
    core::secret_bytes body;
    credentials_provider* signer = nullptr;  // none: unsigned; outlives the call
  };

  sts_call(const fetch_tools& with, const sts_settings& where) : tools_(with), where_(where) {}
  sts_call(const sts_call&) = delete;
  sts_call& operator=(const sts_call&) = delete;

  /// Hands over the body of a 200. `done` may be called at once; not if start() throws. What is
  /// thrown later is a passing failure.
  void start(request wanted, handler done);
  /// How many seconds the service's clock is ahead of ours, as its last answer said; nothing if
  /// none did.
  [[nodiscard]] std::optional<std::int64_t> clock_difference() const noexcept {
    return clock_difference_;
  }

 private:
  template <class Step>
  void guarded(Step step) noexcept;
  void ask_keys();
  void send(credentials_provider::keys keys);
  [[nodiscard]] core::result<net::http_request> sign() const;
  net::verdict judge(const core::result<net::http_response>& got);
  bool correct_clock(const net::http_response& refused);
  void finish(core::result<net::http_response>& got);
  [[nodiscard]] error_info refusal(const net::http_response& got) const;
  void deliver(core::result<core::secret_bytes> answer) noexcept;

  fetch_tools tools_;
  const sts_settings& where_;
  request wanted_;
  handler done_;
  aws::endpoint endpoint_;
  credentials_provider::keys keys_;
  core::deadline until_{};
  bool renewed_ = false;
  bool clock_corrected_ = false;
  std::optional<std::int64_t> clock_difference_;
  owned_call call_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // for the signer, which calls back
};

}  // namespace lambda_cache::sources
