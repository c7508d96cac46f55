// What all objects of one source have in common, and what tells them apart.
#pragma once

#include "aws/endpoints.hpp"
#include "aws/role.hpp"
#include "aws/s3_uri.hpp"
#include "cache/entry.hpp"
#include "core/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lambda_cache::sources {

struct s3_settings {
  std::string region;
  aws::endpoint endpoint;
  /// What the endpoint came of: buckets of other regions are asked at theirs. With a URL of its own
  /// the endpoint stays, and only the signature's region changes.
  aws::endpoint_options options;
  /// Assumed for what is read; without one the default chain's credentials are used.
  aws::role_settings role{};
  /// The largest object that is kept in memory: what the cache may hold, as the error says.
  std::uint64_t max_bytes_in_memory = std::uint64_t{64} << 20;

  // Measured against a server that sends 40 MB/s on each connection: four of them bring 256 MiB in
  // 1.9 s instead of 6.8. More would meet the limits of small functions. At that rate the last part
  // keeps the others waiting for 0.2 s at most.
  std::uint64_t part_size = std::uint64_t{8} << 20;
  int connections = 4;
  /// The longest time in which an answer may bring no byte.
  std::chrono::milliseconds idle_timeout{5000};
  /// The least time between two calls of a progress callback.
  std::chrono::milliseconds progress_interval{100};
};

/// One object in one form.
struct s3_object {
  aws::s3_uri uri;
  std::string version_id;  // pinned; empty: the newest
  std::string file;        // the path where it is to be; empty: in memory

  [[nodiscard]] bool in_memory() const noexcept { return file.empty(); }
};

/// The parts of an entry's identity (cache::identity) that say which object it is: the name is the
/// URI, and the selector the rest.
[[nodiscard]] std::string selector_of(const s3_object& object);
/// Back from the entry: its locator is the URI, its key holds the selector.
/// Errors: invalid_argument, which only a mistake of ours can cause.
[[nodiscard]] core::result<s3_object> object_of(const cache::entry& entry);

/// Whose content a file holds, as its mark has it (core::file_mark): a hash over endpoint, URI and
/// version. Without the region, which a redirect may change, and without credentials.
[[nodiscard]] std::string owner_of(const s3_object& object, const aws::endpoint& endpoint,
                                   bool custom_endpoint);

}  // namespace lambda_cache::sources
