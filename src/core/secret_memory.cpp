#include "core/secret_memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

namespace lambda_cache::core {
namespace {

// Blocks up to `largest_pooled` come from size classes: powers of two and the halfway points
// between them. Larger ones are mappings of their own and go back to the kernel when released.
constexpr std::size_t smallest = 16;
constexpr std::size_t largest_pooled = 32 * 1024;
constexpr std::size_t chunk_bytes = 256 * 1024;
constexpr std::size_t class_count = 2 * (std::bit_width(largest_pooled / smallest) - 1) + 1;

constexpr std::size_t class_bytes(std::size_t index) {
  const std::size_t power = smallest << (index / 2);
  return index % 2 == 0 ? power : power + power / 2;
}

/// Index of the smallest class that holds `bytes`. Halfway classes are multiples of 8 only below
/// 32 bytes and of 16 above, so the class of 24 bytes is passed over to keep 16-byte alignment.
std::size_t class_of(std::size_t bytes, std::size_t alignment) {
  const std::size_t wanted = std::max(bytes, smallest);
  const auto log = static_cast<std::size_t>(std::bit_width(wanted - 1));
  const std::size_t power = std::size_t{1} << log;  // >= wanted
  const std::size_t index = 2 * (log - 4);
  const bool halfway_fits = power > 32 && wanted <= power / 2 + power / 4 && alignment <= 16;
  return halfway_fits ? index - 1 : index;
}

void* map_pages(std::size_t bytes) {
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  ::madvise(pages, bytes, MADV_DONTDUMP);  // kernels that cannot leave it out dump it; not fatal
  return pages;
}

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + 4095) & ~std::size_t{4095};
}

struct free_block {
  free_block* next;
};

class arena {
 public:
  static arena& instance() {
    // Never destroyed: values may be released by late thread exits.
    alignas(arena) static std::array<std::byte, sizeof(arena)> storage;
    static arena* only = [] {
      auto* made = new (storage.data()) arena();
      ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                       [] { instance().mutex_.unlock(); });
      return made;
    }();
    return *only;
  }

  void* allocate(std::size_t bytes, std::size_t alignment) {
    // A pooled block of a power-of-two class is aligned to its size (up to a page).
    const std::size_t wanted = alignment > 16 ? std::max(bytes, alignment) : bytes;
    in_use_.fetch_add(bytes, std::memory_order_relaxed);
    if (wanted > largest_pooled) return map_pages(whole_pages(wanted));
    const std::size_t index = class_of(wanted, alignment);
    const std::lock_guard lock(mutex_);
    if (free_[index] == nullptr) refill(index);
    free_block* block = free_[index];
    free_[index] = block->next;
    return block;
  }

  void release(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t wanted = alignment > 16 ? std::max(bytes, alignment) : bytes;
    in_use_.fetch_sub(bytes, std::memory_order_relaxed);
    ::explicit_bzero(block, bytes);
    if (wanted > largest_pooled) {
      ::munmap(block, whole_pages(wanted));
      return;
    }
    const std::size_t index = class_of(wanted, alignment);
    const std::lock_guard lock(mutex_);
    auto* freed = static_cast<free_block*>(block);
    freed->next = free_[index];
    free_[index] = freed;
  }

  [[nodiscard]] std::size_t in_use() const noexcept {
    return in_use_.load(std::memory_order_relaxed);
  }

 private:
  void refill(std::size_t index) {
    const std::size_t size = class_bytes(index);
    const std::size_t batch = std::max(size, std::size_t{4096});
    if (remaining_ < batch) {
      next_ = static_cast<std::byte*>(map_pages(chunk_bytes));
      remaining_ = chunk_bytes;
    }
    // One page's worth of blocks (or one block) at a time; page-aligned, so powers of two align.
    const std::size_t taken = whole_pages(batch);
    for (std::size_t at = 0; at + size <= taken; at += size) {
      auto* block = reinterpret_cast<free_block*>(next_ + at);
      block->next = free_[index];
      free_[index] = block;
    }
    next_ += taken;
    remaining_ -= std::min(remaining_, taken);
  }

  std::mutex mutex_;
  std::array<free_block*, class_count> free_{};
  std::byte* next_ = nullptr;
  std::size_t remaining_ = 0;
  std::atomic<std::size_t> in_use_{0};
};

class arena_resource final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return secret_allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    secret_release(block, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

void* secret_allocate(std::size_t bytes, std::size_t alignment) {
  return arena::instance().allocate(bytes, alignment);
}

void secret_release(void* block, std::size_t bytes, std::size_t alignment) noexcept {
  if (block != nullptr) arena::instance().release(block, bytes, alignment);
}

std::size_t secret_bytes_in_use() noexcept {
  return arena::instance().in_use();
}

std::pmr::memory_resource* secret_resource() noexcept {
  alignas(arena_resource) static std::array<std::byte, sizeof(arena_resource)> storage;
  static auto* only = new (storage.data()) arena_resource();
  return only;
}

}  // namespace lambda_cache::core
