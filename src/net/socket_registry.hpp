// Every socket of this process's clients, in a table that a forked child can close from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace lambda_cache::net {

/// Owns one socket. What close_sockets_after_fork() has closed is not closed again.
class registered_socket {
 public:
  registered_socket() = default;
  ~registered_socket() { close(); }
  registered_socket(registered_socket&& other) noexcept
      : ticket_(std::exchange(other.ticket_, 0)), slot_(other.slot_) {}
  registered_socket& operator=(registered_socket&& other) noexcept {
    if (this != &other) {
      close();
      ticket_ = std::exchange(other.ticket_, 0);
      slot_ = other.slot_;
    }
    return *this;
  }

  /// Takes over the descriptor. Empty, and the descriptor closed, when the table is full.
  [[nodiscard]] static registered_socket adopt(int fd) noexcept;
  [[nodiscard]] int fd() const noexcept { return static_cast<int>(ticket_ & 0xffffffff) - 1; }
  explicit operator bool() const noexcept { return ticket_ != 0; }
  void close() noexcept;

 private:
  // Serial number and descriptor + 1; 0 is empty. The serial keeps an object that survived a fork
  // from taking a later socket with the same number for its own.
  std::uint64_t ticket_ = 0;
  std::size_t slot_ = 0;
};

}  // namespace lambda_cache::net
