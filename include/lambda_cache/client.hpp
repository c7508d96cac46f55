// One cache with its configuration. Most programs use the default one and never name it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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
  /// Custom endpoint, e.g. "http://127.0.0.1:5000". Else AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL.
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
};

/// What a cache did so far. Never contains names or values.
struct statistics {
  std::uint64_t hits = 0;      // reads answered from the cache
  std::uint64_t misses = 0;    // reads that started a fetch
  std::uint64_t joins = 0;     // reads that waited for somebody else's fetch
  std::uint64_t loads = 0;     // fetches that brought a value
  std::uint64_t failures = 0;  // fetches that failed
  std::uint64_t stale = 0;     // reads answered with a value older than asked for
  std::uint64_t negative = 0;  // reads answered with a remembered refusal
  std::uint64_t evictions = 0;
  std::uint64_t calls = 0;  // HTTP requests sent to the services, retries included
  std::size_t entries = 0;  // values held now
  std::size_t bytes = 0;    // their size
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
