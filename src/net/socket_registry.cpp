#include "net/socket_registry.hpp"

#include "net/http_client.hpp"

#include <array>
#include <atomic>
#include <unistd.h>

namespace lambda_cache::net {
namespace {

constexpr std::size_t capacity = 4096;
// Constant-initialised and never destroyed: usable at any time, also in a signal handler.
constinit std::array<std::atomic<std::uint64_t>, capacity> table{};
constinit std::atomic<std::size_t> used{0};  // slots at and after it were never taken
constinit std::atomic<std::uint64_t> serial{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace

registered_socket registered_socket::adopt(int fd) noexcept {
  registered_socket adopted;
  const auto ticket = ((serial.fetch_add(1, std::memory_order_relaxed) + 1) << 32) |
                      static_cast<std::uint64_t>(fd + 1);
  for (std::size_t slot = 0; slot < capacity; ++slot) {
    std::uint64_t expected = 0;
    if (table[slot].load(std::memory_order_relaxed) != 0 ||
        !table[slot].compare_exchange_strong(expected, ticket)) {
      continue;
    }
    auto seen = used.load();
    while (seen <= slot && !used.compare_exchange_weak(seen, slot + 1)) {
    }
    adopted.ticket_ = ticket;
    adopted.slot_ = slot;
    return adopted;
  }
  ::close(fd);
  return adopted;
}

void registered_socket::close() noexcept {
  if (ticket_ == 0) return;
  const int owned = fd();
  auto expected = std::exchange(ticket_, 0);
  if (table[slot_].compare_exchange_strong(expected, 0)) ::close(owned);
}

void close_sockets_after_fork() noexcept {
  const auto end = used.load();
  for (std::size_t slot = 0; slot < end; ++slot) {
    const auto ticket = table[slot].exchange(0);
    if (ticket != 0) ::close(static_cast<int>(ticket & 0xffffffff) - 1);
  }
}

}  // namespace lambda_cache::net
