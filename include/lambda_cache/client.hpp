// One cache with its configuration. Most programs use the default one and never name it.
#pragma once

#include <lambda_cache/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache {
namespace wiring {
class wired_cache;
}
inline namespace v0 {

/// An age that nothing ever reaches.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

/// What code may set; what it leaves out comes from the environment (LAMBDA_CACHE_*, then AWS_*),
/// then from the defaults given here.
struct client_config {
  /// AWS region, e.g. "eu-west-1". Else AWS_REGION, AWS_DEFAULT_REGION; required.
  std::optional<std::string> region = {};
  /// Custom endpoint, e.g. "http://127.0.0.1:5000". Else AWS_ENDPOINT_URL_<service>,
  /// AWS_ENDPOINT_URL.
  std::optional<std::string> endpoint_url = {};
  /// PEM file that replaces every other trust anchor. Else AWS_CA_BUNDLE.
  std::optional<std::string> ca_bundle = {};
  /// Oldest acceptable age where a read does not say. Else LAMBDA_CACHE_TTL_SECONDS, 60 s.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// How much longer a value is served while refreshes fail for a passing reason. 300 s; 0: off.
  std::optional<std::chrono::nanoseconds> stale_if_error = {};
  /// Longest time of one read, all attempts included; has to be more than 0. 10 s.
  std::optional<std::chrono::nanoseconds> timeout = {};
  /// Attempts per call. Else AWS_MAX_ATTEMPTS, 3.
  std::optional<int> max_attempts = {};
  /// Bounds of the cache: 1,000 entries, 64 MiB.
  std::optional<std::size_t> max_entries = {};
  std::optional<std::size_t> max_bytes = {};
  /// A lambda-cache agent on this machine, "http://127.0.0.1:2773", through which parameters, paths
  /// and secrets are read instead of from AWS. Else LAMBDA_CACHE_AGENT, unless `region` or
  /// `endpoint_url` is given here; empty: none, whatever the environment says.
  std::optional<std::string> agent_url = {};
};

/// What a cache did so far. Never contains names or values.
struct statistics {
  std::uint64_t hits = 0;         // reads answered from the cache
  std::uint64_t misses = 0;       // reads that started a fetch
  std::uint64_t joins = 0;        // reads that waited for somebody else's fetch
  std::uint64_t loads = 0;        // fetches that brought a value
  std::uint64_t revalidated = 0;  // fetches that found the cached value to be current
  std::uint64_t failures = 0;     // fetches that failed
  std::uint64_t stale = 0;        // reads answered with a value older than asked for
  std::uint64_t negative = 0;     // reads answered with a remembered refusal
  std::uint64_t evictions = 0;
  std::uint64_t calls = 0;  // HTTP requests sent to the services, retries included
  std::size_t entries = 0;  // values held now
  std::size_t bytes = 0;    // their size
};

/// What happened to one cached thing so far. Never contains its value.
struct entry_statistics {
  std::string service;  // "ssm"
  std::string region;
  std::string name;  // what is asked for, e.g. "/app/var:3"
  // As in `statistics`, of this entry.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t joins = 0;
  std::uint64_t loads = 0;
  std::uint64_t revalidated = 0;
  std::uint64_t failures = 0;
  std::uint64_t stale = 0;
  std::uint64_t negative = 0;
  /// Why the fetch failed that failed last, if one ever did.
  std::optional<error_kind> last_error = {};
  /// How long ago the present value was asked for; nothing if there is none.
  std::optional<std::chrono::nanoseconds> age = {};
  std::size_t bytes = 0;  // of the present value
  /// Time of the fetches counted in `loads` and `revalidated`, attempts and waits included.
  std::chrono::nanoseconds load_time_total{0};
  std::chrono::nanoseconds load_time_max{0};
};

/// One cache. Copies share it. Safe from any number of threads.
class client {
 public:
  /// Reads no configuration and starts nothing; both happen at the first fetch.
  explicit client(client_config config = {});

  /// The cache used where none is named. Made at first use, never destroyed: handles at namespace
  /// scope and late thread exits are safe.
  [[nodiscard]] static client& shared();

  [[nodiscard]] statistics stats() const;
  /// Everything that was read since the last reset(), by service and name. What nothing declares
  /// any more is forgotten in time, and its counters with it.
  [[nodiscard]] std::vector<entry_statistics> entries() const;
  /// Forgets every value; the next read of each fetches.
  void clear();
  /// Forgets everything and reads the configuration anew at the next fetch.
  void reset();

  [[nodiscard]] const std::shared_ptr<wiring::wired_cache>& internals() const noexcept {
    return wired_;
  }

 private:
  explicit client(std::shared_ptr<wiring::wired_cache> wired) noexcept;
  std::shared_ptr<wiring::wired_cache> wired_;
};

}  // namespace v0
}  // namespace lambda_cache
