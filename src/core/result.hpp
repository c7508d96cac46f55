// The error channel inside the library: values, not exceptions. Exceptions exist at the edges only.
#pragma once

#include <lambda_cache/error.hpp>

#include <expected>
#include <string>
#include <utility>

namespace lambda_cache::core {

template <class T>
using result = std::expected<T, error_info>;

[[nodiscard]] inline std::unexpected<error_info> fail(error_info info) {
  return std::unexpected<error_info>(std::move(info));
}

/// A failure without a service behind it.
[[nodiscard]] inline error_info make_error(error_kind kind, std::string message) {
  error_info info;
  info.kind = kind;
  info.message = std::move(message);
  info.retryable = kind == error_kind::throttled || kind == error_kind::timeout ||
                   kind == error_kind::connection || kind == error_kind::protocol ||
                   kind == error_kind::service || kind == error_kind::storage;
  return info;
}

}  // namespace lambda_cache::core
