// Replaces operator new so that a test can let one allocation fail. Included by one file of an
// executable that does not run under ThreadSanitizer, which brings operators of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace lambda_cache::test {

/// How many allocations go well before one fails; negative: none does. After the one that failed it
/// is negative again.
inline std::atomic<long> allocations_left{-1};
/// Whether this thread's allocations count; null: those of every thread do.
inline std::atomic<bool (*)()> counts_here{nullptr};

inline void count_allocation() {
  if (allocations_left.load() < 0) return;
  const auto counts = counts_here.load();
  if (counts != nullptr && !counts()) return;
  if (allocations_left.fetch_sub(1) == 0) throw std::bad_alloc();
}

}  // namespace lambda_cache::test

void* operator new(std::size_t bytes) {
  lambda_cache::test::count_allocation();
  void* block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  lambda_cache::test::count_allocation();
  const auto to = static_cast<std::size_t>(alignment);
  void* block = std::aligned_alloc(to, (bytes + to - 1) / to * to);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t /*bytes*/) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(block);
}
