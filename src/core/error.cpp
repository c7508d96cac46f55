#include <lambda_cache/error.hpp>

namespace lambda_cache {
inline namespace v0 {

std::string_view to_string(error_kind kind) noexcept {
  switch (kind) {
    case error_kind::invalid_argument:
      return "invalid_argument";
    case error_kind::not_found:
      return "not_found";
    case error_kind::access_denied:
      return "access_denied";
    case error_kind::decryption:
      return "decryption";
    case error_kind::rejected:
      return "rejected";
    case error_kind::credentials:
      return "credentials";
    case error_kind::throttled:
      return "throttled";
    case error_kind::timeout:
      return "timeout";
    case error_kind::connection:
      return "connection";
    case error_kind::tls:
      return "tls";
    case error_kind::protocol:
      return "protocol";
    case error_kind::service:
      return "service";
    case error_kind::transform:
      return "transform";
    case error_kind::cancelled:
      return "cancelled";
    case error_kind::storage:
      return "storage";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace lambda_cache
