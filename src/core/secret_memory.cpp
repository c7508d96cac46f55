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

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LC_ADDRESS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(LC_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace lambda_cache::core {
namespace {

// Blocks up to `largest_pooled` come from size classes: powers of two and the halfway points
// between them. Larger ones are mappings of their own and go back to the kernel when released.
constexpr std::size_t page = 4096;
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
  return (bytes + page - 1) & ~(page - 1);
}

// Blocks that nobody holds are poisoned, so that AddressSanitizer sees a secret used after release
// or past its end as it would on the heap.
#if defined(__SANITIZE_ADDRESS__) || defined(LC_ADDRESS_SANITIZER)
void hide_from_sanitizer(void* block, std::size_t bytes) {
  __asan_poison_memory_region(block, bytes);
}
void show_to_sanitizer(void* block, std::size_t bytes) {
  __asan_unpoison_memory_region(block, bytes);
}
#else
void hide_from_sanitizer(void*, std::size_t) {}
void show_to_sanitizer(void*, std::size_t) {}
#endif

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
    if (alignment > page) throw std::bad_alloc();
    const std::size_t wanted = alignment > 16 ? std::max(bytes, alignment) : bytes;
    void* block = wanted > largest_pooled ? map_pages(whole_pages(wanted))
                                          : take_pooled(class_of(wanted, alignment));
    show_to_sanitizer(block, bytes);
    in_use_.fetch_add(bytes, std::memory_order_relaxed);
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
    const std::lock_guard lock(mutex_);
    put_pooled(block, class_of(wanted, alignment));
  }

  [[nodiscard]] std::size_t in_use() const noexcept {
    return in_use_.load(std::memory_order_relaxed);
  }

 private:
  void* take_pooled(std::size_t index) {
    const std::lock_guard lock(mutex_);
    if (free_[index] == nullptr) refill(index);
    free_block* block = free_[index];
    show_to_sanitizer(block, sizeof(free_block));
    free_[index] = block->next;
    block->next = nullptr;  // no address of another block leaks to the new owner
    hide_from_sanitizer(block, class_bytes(index));
    return block;
  }

  void put_pooled(void* block, std::size_t index) noexcept {
    show_to_sanitizer(block, sizeof(free_block));
    auto* freed = static_cast<free_block*>(block);
    freed->next = free_[index];
    free_[index] = freed;
    hide_from_sanitizer(block, class_bytes(index));
  }

  void refill(std::size_t index) {
    const std::size_t size = class_bytes(index);
    const std::size_t batch = std::max(size, page);
    if (remaining_ < batch) {
      next_ = static_cast<std::byte*>(map_pages(chunk_bytes));
      remaining_ = chunk_bytes;
    }
    // One page's worth of blocks (or one block) at a time; page-aligned, so powers of two align.
    const std::size_t taken = whole_pages(batch);
    for (std::size_t at = 0; at + size <= taken; at += size)
      put_pooled(next_ + at, index);
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

[[gnu::noinline]] void wipe_stack() noexcept {
  std::array<std::byte, std::size_t{24} * 1024> below;
  ::explicit_bzero(below.data(), below.size());
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
