// Memory for secrets: wiped when released, kept out of core dumps.
//
// Everything that may hold a value (wire buffers, parse trees, cached values) is allocated here.
// The arena takes pages from the kernel, marks them MADV_DONTDUMP and never gives one back
// unwiped. It is never destroyed, so values may outlive static destruction and late thread exits.
// Thread-safe. A forked child inherits the pages (it keeps the values).
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

namespace lambda_cache::core {

/// Never returns nullptr; throws std::bad_alloc when the kernel gives no memory. Alignments up to a
/// page (4096); larger ones are refused by std::bad_alloc.
[[nodiscard]] void* secret_allocate(std::size_t bytes, std::size_t alignment);
/// Wipes the block, then makes it available again. `bytes` must be what was asked for.
void secret_release(void* block, std::size_t bytes, std::size_t alignment) noexcept;
/// Bytes handed out and not yet released.
[[nodiscard]] std::size_t secret_bytes_in_use() noexcept;

/// Wipes what calls that have returned left on this thread's stack, 24 KiB deep from the caller's
/// frame: for libraries that work on secrets in buffers there.
void wipe_stack() noexcept;
/// Does so at the end of a scope.
struct stack_wiper {
  stack_wiper() = default;
  stack_wiper(const stack_wiper&) = delete;
  stack_wiper& operator=(const stack_wiper&) = delete;
  ~stack_wiper() { wipe_stack(); }
};

template <class T>
struct secret_allocator {
  using value_type = T;
  secret_allocator() = default;
  template <class U>
  secret_allocator(const secret_allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(secret_allocate(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    secret_release(block, count * sizeof(T), alignof(T));
  }
  friend bool operator==(const secret_allocator&, const secret_allocator&) noexcept { return true; }
};

/// A heap-only buffer, so that no byte of it lives inside the object (std::string's small-string
/// buffer would not be wiped).
using secret_bytes = std::vector<char, secret_allocator<char>>;

/// The arena as a memory resource, for parse trees.
[[nodiscard]] std::pmr::memory_resource* secret_resource() noexcept;

}  // namespace lambda_cache::core
