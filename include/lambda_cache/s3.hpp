// Objects of Amazon S3.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/handle.hpp>
#include <lambda_cache/transform.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {
namespace s3 {

/// How one object is read. What is left out comes from the client.
struct options {
  /// Oldest acceptable age; 0 always asks, `forever` never again. Negative is an error. What has
  /// not changed is not downloaded again.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// How long a value too old is still served while refreshes fail for a passing reason.
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  /// A value that expires within this time is handed out and refreshed in the background; less than
  /// max_age. Default: 0, off.
  std::optional<std::chrono::nanoseconds> refresh_ahead = {};
  /// Longest time of one read, all attempts included; the invocation's deadline counts as well.
  /// By default 15 minutes, and 5 seconds without a byte.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::optional<int> max_attempts = {};
  /// Where the bucket is, if it is known; else S3 says it.
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  /// A role to assume for reading it, for example in another account; see ssm.hpp.
  std::string role_arn = {};
  std::string external_id = {};
  std::string role_session_name = {};
  /// One version, which is never read again.
  std::optional<std::string> version_id = {};
  /// Name of the file in /tmp; by default what follows the last '/'. No '/' and NUL, not "..".
  std::optional<std::string> file_name = {};
  /// The object's bytes in memory and no file; at most as many as the client's max_bytes.
  bool as_bytes = false;
  /// How the value is looked at; see transform.hpp. Implies as_bytes.
  lambda_cache::transform transform = lambda_cache::transform::none;
  /// What to pick from an object that is JSON. Implies as_bytes.
  std::string field = {};
  /// What an object that does not exist reads as; else it is an error (not_found).
  std::optional<std::string> default_value = {};
  /// Told how many bytes of how many have come (0: not known), ten times a second at most and at
  /// the end, on a thread of the cache. Must not throw or block.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

/// A handle on one object, "s3://bucket/" and the key as it is. Its text() is the path of a file
/// that holds the object, or, with as_bytes, the object itself. The file has its name when it is
/// whole and not before; readers of an older one that they have open keep it. Makes no call.
/// Throws `error` (invalid_argument): malformed URIs (code "InvalidS3UriError"), names that no file
/// can have, two objects with one file.
[[nodiscard]] handle object(std::string_view uri, const options& how = {},
                            const client& in = client::shared());

/// Reads an object by its URI, with the shared client and its defaults: the path of its file; see
/// ssm.hpp. The reference belongs to the calling thread and is valid until its next call of get().
/// Throws `error`.
[[nodiscard]] const Value& get(std::string_view uri);

/// What a handler is given; exactly one of uri, uris and mapping is set.
struct cache_options {
  /// One object, injected as `entry_name`, which names its file as well (default: what follows the
  /// last '/').
  std::string uri = {};
  /// Several, injected as one mapping by short name under `entry_name`, which is required.
  std::vector<std::string> uris = {};
  /// Several by names of your own, {"alias", "s3://bucket/key"}, which name their files as well;
  /// without `entry_name` each alias is injected by itself.
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
  bool as_bytes = false;
  lambda_cache::transform transform = lambda_cache::transform::none;
  std::string field = {};
  std::optional<std::string> default_value = {};
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
  /// Whether it is fetched as soon as a handler is wrapped; not said: in Lambda only.
  std::optional<bool> prefetch = {};
};

/// For lambda_cache::with(). Throws `error` (invalid_argument) for wrong use, where it is written.
[[nodiscard]] binding cache(const cache_options& what, const client& in = client::shared());

}  // namespace s3
}  // namespace v0
}  // namespace lambda_cache
