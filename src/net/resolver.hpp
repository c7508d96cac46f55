// Host name → addresses. Names are looked up on a thread of their own, because getaddrinfo blocks;
// addresses and "localhost" cost neither.
#pragma once

#include "core/result.hpp"
#include "net/io_loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace lambda_cache::net {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};
using address_list = std::vector<socket_address>;

/// Empty unless `host` is an address or "localhost".
[[nodiscard]] address_list resolve_literal(const std::string& host, std::uint16_t port);
/// For tests: from now on the name stands for the address; said twice, for both in that order. Not
/// while a client runs.
void pin_host(std::string host, std::string address);
/// Whether `host` is an IPv4 or IPv6 address.
[[nodiscard]] bool is_address(const std::string& host) noexcept;

/// A lookup that runs; destroying it forgets the callback, the thread ends by itself.
class name_lookup {
 public:
  using handler = std::move_only_function<void(core::result<address_list>)>;
  /// Calls `done` once, on the loop, never from inside the constructor. Loop thread only.
  name_lookup(io_loop& loop, std::string host, std::uint16_t port, handler done);
  ~name_lookup();
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

}  // namespace lambda_cache::net
