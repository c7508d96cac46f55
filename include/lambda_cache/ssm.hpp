// Parameters of AWS Systems Manager Parameter Store.
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
namespace ssm {

/// How one parameter is read. What is left out comes from the client.
struct options {
  /// Oldest acceptable age; 0 always fetches, `forever` never again. Negative is an error.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// How long a value too old is still served while refreshes fail for a passing reason.
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  /// A value that expires within this time is handed out and refreshed in the background; less than
  /// max_age. Default: 0, off.
  std::optional<std::chrono::nanoseconds> refresh_ahead = {};
  /// Longest time of one read, all attempts included; the invocation's deadline counts as well.
  /// Has to be more than 0.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  /// Of this parameter, where it differs from the client's. One inside an ARN counts too.
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  /// A role to assume for reading it (STS AssumeRole with the default credentials), for example in
  /// another account; its credentials are renewed ahead of expiry. The session is called
  /// "lambda-cache-" and the function's name, if role_session_name is not given.
  std::string role_arn = {};
  std::string external_id = {};
  std::string role_session_name = {};
  /// Whether a SecureString is decrypted; its ciphertext is another value, never mixed up.
  bool with_decryption = true;
  /// One version, which is never re-read, or the one that a label is attached to; as behind a ':'
  /// in the name. At most one of them.
  std::optional<long long> version = {};
  std::optional<std::string> label = {};
  /// How the value is looked at; see transform.hpp.
  lambda_cache::transform transform = lambda_cache::transform::none;
  /// What to pick from a value that is JSON, e.g. "database.password".
  std::string field = {};
  /// What a parameter that does not exist reads as; else it is an error (not_found).
  std::optional<std::string> default_value = {};
};

/// A handle on one parameter: "/app/var", "/app/var:3" (a version, never re-read), "/app/var:label"
/// or an ARN. Makes no call. Throws `error` (invalid_argument) for a name that cannot exist.
[[nodiscard]] handle parameter(std::string_view name, const options& how = {},
                               const client& in = client::shared());

/// A condition on what is read of a path; a parameter that fits any of the values fits.
struct filter {
  /// "Type" ("String", "StringList", "SecureString"), "KeyId" or "Label".
  std::string key = {};
  /// 1 to 50.
  std::vector<std::string> values = {};
  /// Whether a beginning is enough; not for labels.
  bool begins_with = false;
};

/// How a path is read. What is left out comes from the client.
struct path_options {
  /// Everything below the path; false: only what is directly in it.
  bool recursive = true;
  /// At most one a key; all of them have to fit.
  std::vector<filter> filters = {};
  std::optional<std::chrono::nanoseconds> max_age = {};
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  std::optional<std::chrono::nanoseconds> refresh_ahead = {};
  /// Longest time of one read, all pages and attempts included.
  std::optional<std::chrono::nanoseconds> timeout = {};
  /// Of each page.
  std::optional<int> max_attempts = {};
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  std::string role_arn = {};
  std::string external_id = {};
  std::string role_session_name = {};
  bool with_decryption = true;
  /// How each value is looked at, `automatic` by its own name; see transform.hpp.
  lambda_cache::transform transform = lambda_cache::transform::none;
  /// What to pick from each value, which has to be JSON.
  std::string field = {};
};

/// A handle on all that a path ("/app/") holds: one entry, read and replaced as a whole. Its Value
/// is several (Value::names(), Value::text(name)), each by its name below the path: "db/host". An
/// empty path is an empty Value, no error. Makes no call. Throws `error` (invalid_argument) for a
/// path that cannot exist and for wrong filters.
///
/// The role needs ssm:GetParametersByPath on the path as it is written here; the service then asks
/// no permission for the parameters that it holds.
[[nodiscard]] handle path(std::string_view path, const path_options& how = {},
                          const client& in = client::shared());

/// Reads a parameter by its name, with the shared client and its defaults: for names that are known
/// only at run time. The handles are remembered, 1,024 names per thread; a warm read costs a
/// look-up more than handle::get(). The reference belongs to the calling thread and is valid until
/// its next call of get(). Throws `error`.
[[nodiscard]] const Value& get(std::string_view name);

/// What a handler is given; exactly one of parameter, parameters, mapping and path is set.
struct cache_options {
  /// One parameter, injected as `entry_name` (default: its short name).
  std::string parameter = {};
  /// Several, injected as one mapping by short name under `entry_name`, which is required.
  std::vector<std::string> parameters = {};
  /// Several by names of your own, {"alias", "/app/var"}; without `entry_name` each alias is
  /// injected by itself.
  std::vector<std::pair<std::string, std::string>> mapping = {};
  /// All that a path holds, injected under `entry_name` (default: the path's last part):
  /// context.values("config").text("db/host").
  std::string path = {};
  /// Of a path, as in path_options.
  bool recursive = true;
  std::vector<filter> filters = {};
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
  bool with_decryption = true;
  std::optional<long long> version = {};
  std::optional<std::string> label = {};
  lambda_cache::transform transform = lambda_cache::transform::none;
  std::string field = {};
  std::optional<std::string> default_value = {};
  /// Whether it is fetched as soon as a handler is wrapped; not said: in Lambda only.
  std::optional<bool> prefetch = {};
};

/// For lambda_cache::with(). Throws `error` (invalid_argument) for wrong use, where it is written:
/// no name, two names with one short name, several without entry_name, negative ages; for a path
/// with version, label or default_value, which single parameters have.
[[nodiscard]] binding cache(const cache_options& what, const client& in = client::shared());

}  // namespace ssm
}  // namespace v0
}  // namespace lambda_cache
