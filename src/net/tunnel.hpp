// A way through a proxy: CONNECT (RFC 9110 §9.3.6), its answer and what that means. Sans-IO.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/http_client.hpp"
#include "net/proxy.hpp"
#include "net/response_parser.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::net {

class tunnel {
 public:
  /// `along` has a proxy.
  explicit tunnel(route along);

  /// What is still to be sent, and that some of it was.
  [[nodiscard]] std::string_view unsent() const noexcept;
  void sent(std::size_t bytes) noexcept { sent_ += bytes; }

  /// The proxy sent this. True: from here on the bytes are the endpoint's. False: there is more to
  /// come. The error tells of the proxy and what to do.
  [[nodiscard]] core::result<bool> put(std::string_view bytes);

 private:
  route along_;
  core::secret_bytes request_;
  std::size_t sent_ = 0;
  response_parser parser_;
  std::string unread_;
  bool began_ = false;  // its answer is HTTP, as far as can be told
};

/// Whether an answer to a plain request through a proxy seems to be the proxy's own refusal.
[[nodiscard]] bool is_refused_by_proxy(const http_response& got) noexcept;

/// The refusal as an error. 403, 407 and others of 4xx are definite, what a gateway suffers (5xx)
/// passes.
[[nodiscard]] error_info refused_by_proxy(const route& along, const http_response& got);

}  // namespace lambda_cache::net
