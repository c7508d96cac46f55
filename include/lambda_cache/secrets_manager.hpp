// Secrets of AWS Secrets Manager.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/handle.hpp>
#include <lambda_cache/transform.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {
namespace secrets_manager {

/// How one secret is read. What is left out comes from the client.
struct options {
  /// Oldest acceptable age; 0 always fetches, `forever` never again. Negative is an error.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// How long a value too old is still served while refreshes fail for a passing reason.
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  /// A value that expires within this time is handed out and refreshed in the background; less than
  /// max_age. Default: 0, off.
  std::optional<std::chrono::nanoseconds> refresh_ahead = {};
  /// Longest time of one read, all attempts included; the invocation's deadline counts as well.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  /// Of this secret, where it differs from the client's. One inside an ARN counts too.
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  /// A role to assume for reading it (STS AssumeRole with the default credentials), for example in
  /// another account; its credentials are renewed ahead of expiry. The session is called
  /// "lambda-cache-" and the function's name, if role_session_name is not given.
  std::string role_arn = {};
  std::string external_id = {};
  std::string role_session_name = {};
  /// One version, which is never re-read, or the one that a stage is attached to (e.g.
  /// "AWSPREVIOUS"); by default the present one, AWSCURRENT. At most one of them.
  std::optional<std::string> version_id = {};
  std::optional<std::string> version_stage = {};
  /// What expired is described first (DescribeSecret, the cheaper call), and fetched only if its
  /// version is another one; it also expires at its next rotation, when that comes before max_age.
  /// Needs secretsmanager:DescribeSecret; without it the secret is read like any other.
  bool rotation_aware = false;
  /// How the value is looked at; see transform.hpp.
  lambda_cache::transform transform = lambda_cache::transform::none;
  /// What to pick from a value that is JSON, e.g. "database.password".
  std::string field = {};
  /// What a secret that does not exist reads as; else it is an error (not_found).
  std::optional<std::string> default_value = {};
};

/// A handle on one secret, by its name or ARN. Its text() is the SecretString, or the bytes of the
/// SecretBinary as they are. Makes no call. Throws `error` (invalid_argument) for a name that
/// cannot exist.
[[nodiscard]] handle secret(std::string_view name, const options& how = {},
                            const client& in = client::shared());

/// Reads a secret by its name, with the shared client and its defaults: for names that are known
/// only at run time. The handles are remembered, 1,024 names per thread. The reference belongs to
/// the calling thread and is valid until its next call of get(). Throws `error`.
[[nodiscard]] const Value& get(std::string_view name);

/// What a handler is given; exactly one of name, names and mapping is set.
struct cache_options {
  /// One secret, injected as `entry_name` (default: what follows the last '/'; an ARN needs one).
  std::string name = {};
  /// Several, injected as one mapping by short name under `entry_name`, which is required.
  std::vector<std::string> names = {};
  /// Several by names of your own, {"alias", "/prod/db"}; without `entry_name` each alias is
  /// injected by itself.
  std::vector<std::pair<std::string, std::string>> mapping = {};
  std::string entry_name = {};
  std::optional<std::chrono::nanoseconds> max_age = {};
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  std::optional<std::chrono::nanoseconds> refresh_ahead = {};
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  std::string role_arn = {};
  std::string external_id = {};
  std::string role_session_name = {};
  std::optional<std::string> version_id = {};
  std::optional<std::string> version_stage = {};
  bool rotation_aware = false;
  lambda_cache::transform transform = lambda_cache::transform::none;
  std::string field = {};
  std::optional<std::string> default_value = {};
  /// Whether it is fetched as soon as a handler is wrapped; not said: in Lambda only.
  std::optional<bool> prefetch = {};
};

/// For lambda_cache::with(). Throws `error` (invalid_argument) for wrong use, where it is written:
/// no name, two names with one short name, several without entry_name, an ARN without a name to
/// inject it under, negative ages.
[[nodiscard]] binding cache(const cache_options& what, const client& in = client::shared());

}  // namespace secrets_manager
}  // namespace v0
}  // namespace lambda_cache
