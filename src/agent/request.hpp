// One request as it came, and one answer as it goes out: what everything between is about.
#pragma once

#include "core/clock.hpp"
#include "core/secret_memory.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lambda_cache::core {
struct object_data;
}

namespace lambda_cache::agent {

struct header {
  std::string_view name;
  std::string_view value;
};

/// Points into the connection's buffer.
struct request_view {
  std::string_view method;
  std::string_view target;  // as it came: path and query
  std::span<const header> headers;
  bool is_http_1_0 = false;
  bool over_socket = false;  // a Unix socket, whose permissions are the guard

  /// The value of the first header of that name, without regard to case; nothing if there is none.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name).has_value(); }
};

/// Where the value of an answer came from, as X-Cache says.
enum class value_origin { none, hit, miss, stale };

struct response {
  int status = 200;
  std::string_view content_type = {};  // static text, or of `object`; empty: no such header
  core::secret_bytes body = {};
  /// Instead of the body: a file that is sent, kept by the value.
  std::shared_ptr<const core::object_data> object = {};
  std::string etag = {};            // with its quotes
  std::string_view challenge = {};  // of WWW-Authenticate
  std::string_view policy = {};     // of Content-Security-Policy
  value_origin from = value_origin::none;
  core::nanos age = 0;  // of the value
};

/// An answer of text only.
[[nodiscard]] response text_response(int status, std::string_view text);

/// The head as HTTP/1.1 has it, for a body of that size.
[[nodiscard]] std::string head_of(const response& answer, std::size_t body_bytes, bool keep_alive);

}  // namespace lambda_cache::agent
