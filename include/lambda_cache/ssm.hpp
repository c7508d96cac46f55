// Parameters of AWS Systems Manager Parameter Store.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/handle.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {
namespace ssm {

/// How one parameter is read. What is left out comes from the client.
struct options {
  /// Oldest acceptable age; 0 always fetches, `forever` never again. Negative is an error.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// How long a value too old is still served while refreshes fail for a passing reason.
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  /// Longest time of one read, all attempts included; the invocation's deadline counts as well.
  /// Has to be more than 0.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  /// Of this parameter, where it differs from the client's. One inside an ARN counts too.
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  /// Whether a SecureString is decrypted; its ciphertext is another value, never mixed up.
  bool with_decryption = true;
};

/// A handle on one parameter: "/app/var", "/app/var:3" (a version, never re-read), "/app/var:label"
/// or an ARN. Makes no call. Throws `error` (invalid_argument) for a name that cannot exist.
[[nodiscard]] handle parameter(std::string_view name, options how = {},
                               const client& in = client::shared());

/// Reads a parameter by its name, with the shared client and its defaults: for names that are known
/// only at run time. The handles are remembered, 1,024 names per thread; a warm read costs a
/// look-up more than handle::get(). The reference belongs to the calling thread and is valid until
/// its next call of get(). Throws `error`.
[[nodiscard]] const Value& get(std::string_view name);

/// What a handler is given; exactly one of parameter, parameters and mapping is set.
struct cache_options {
  /// One parameter, injected as `entry_name` (default: its short name).
  std::string parameter = {};
  /// Several, injected as one mapping by short name under `entry_name`, which is required.
  std::vector<std::string> parameters = {};
  /// Several by names of your own, {"alias", "/app/var"}; without `entry_name` each alias is
  /// injected by itself.
  std::vector<std::pair<std::string, std::string>> mapping = {};
  std::string entry_name = {};
  std::optional<std::chrono::nanoseconds> max_age = {};
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  bool with_decryption = true;
};

/// For lambda_cache::with(). Throws `error` (invalid_argument) for wrong use, where it is written:
/// no name, two names with one short name, several without entry_name, negative ages.
[[nodiscard]] binding cache(const cache_options& what, const client& in = client::shared());

}  // namespace ssm
}  // namespace v0
}  // namespace lambda_cache
