// What the kernel says about this process, for the metrics that every Prometheus client has.
#pragma once

#include <cstdint>
#include <optional>

namespace lambda_cache::agent {

/// Nothing where /proc does not say it.
struct process_facts {
  std::optional<double> cpu_seconds;
  std::optional<double> start_time;  // seconds since the epoch
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> max_files;
};

/// Reads files: not for every request.
[[nodiscard]] process_facts read_process_facts();

}  // namespace lambda_cache::agent
