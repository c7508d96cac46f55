// HTTP/1.1 responses from bytes. Sans-IO.
#pragma once

#include "core/result.hpp"
#include "net/http_client.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::net {

class response_parser {
 public:
  /// What is read of an answer. Nothing behind its head belongs to one that CONNECT got.
  enum class part { all, head };

  /// `sink` may be null and must outlive the parser.
  explicit response_parser(const http_limits& limits, body_sink* sink = nullptr,
                           part wanted = part::all);
  ~response_parser();
  response_parser(response_parser&&) noexcept;
  response_parser& operator=(response_parser&&) noexcept;

  /// Takes what it can use from the front of `bytes` and says how much that was; the rest must be
  /// presented again, with more behind it. An error is final and is about the content only (who
  /// sent it is added by the caller), or the sink's own: sink_failed() tells them apart.
  [[nodiscard]] core::result<std::size_t> put(std::string_view bytes);
  /// The stream ended in an orderly way. False if the answer is not complete by that.
  [[nodiscard]] bool put_end();
  [[nodiscard]] bool done() const noexcept;
  [[nodiscard]] bool sink_failed() const noexcept;
  /// Whether the connection may carry another request. Valid when done.
  [[nodiscard]] bool keep_alive() const;
  /// What has come of the body and what was announced, e.g. "after 5 of 100 body bytes".
  [[nodiscard]] std::string progress() const;
  [[nodiscard]] http_response take();

 private:
  struct machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace lambda_cache::net
