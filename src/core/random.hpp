// Random numbers for jitter: good enough to spread retries, not for secrets.
#pragma once

#include <atomic>
#include <cstdint>

namespace lambda_cache::core {

/// splitmix64. Safe from any number of threads; a snapshot of the process that is started several
/// times is given another seed each time.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept {
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_.fetch_add(step, std::memory_order_relaxed) + step;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  void reseed(std::uint64_t seed) noexcept { state_.store(seed, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace lambda_cache::core
