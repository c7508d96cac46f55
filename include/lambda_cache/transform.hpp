// How a value is looked at: as it is stored, as JSON, or as the bytes behind base64.
#pragma once

namespace lambda_cache {
inline namespace v0 {

/// A view of a value, not another entry: reads of one name with different transforms share what
/// is cached. What does not fit is an `error` (transform), and the value stays cached.
enum class transform {
  /// As it is stored.
  none,
  /// JSON text: checked, and what `field` picks from.
  json,
  /// The bytes that the value holds as base64 (RFC 4648); a secret of bytes as it is.
  binary,
  /// By the end of the name: json for ".json", binary for ".binary", else none. A version or label
  /// behind it does not count, nor do the six characters at the end of a secret's ARN.
  automatic,
};

}  // namespace v0
}  // namespace lambda_cache
