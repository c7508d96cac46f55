#include "net/resolver.hpp"

#include "core/caught.hpp"
#include "net/io_loop_internals.hpp"
#include "net/signals_blocked.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <system_error>
#include <thread>
#include <utility>

namespace lambda_cache::net {
namespace {

socket_address make_v4(in_addr address, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr = address;
  socket_address made;
  std::memcpy(&made.storage, &in, sizeof in);
  made.length = sizeof in;
  return made;
}

socket_address make_v6(const in6_addr& address, std::uint16_t port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  in.sin6_addr = address;
  socket_address made;
  std::memcpy(&made.storage, &in, sizeof in);
  made.length = sizeof in;
  return made;
}

core::result<address_list> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    return core::fail(core::make_error(
        error_kind::connection, "cannot resolve " + host + ": " + ::gai_strerror(failed) +
                                    ". Check the host name, the region and the network's DNS"));
  }
  address_list addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    socket_address made;
    std::memcpy(&made.storage, one->ai_addr, one->ai_addrlen);
    made.length = one->ai_addrlen;
    addresses.push_back(made);
  }
  ::freeaddrinfo(found);
  return addresses;
}

core::result<address_list> look_up_or_fail(const std::string& host, std::uint16_t port) noexcept {
  try {
    return look_up(host, port);
  } catch (...) {
    return core::fail(core::caught());
  }
}

std::vector<std::pair<std::string, std::string>>& pinned_hosts() {
  static std::vector<std::pair<std::string, std::string>> pinned;
  return pinned;
}

}  // namespace

void pin_host(std::string host, std::string address) {
  pinned_hosts().emplace_back(std::move(host), std::move(address));
}

address_list resolve_literal(const std::string& host, std::uint16_t port) {
  address_list pinned;
  for (const auto& [name, address] : pinned_hosts()) {
    if (name == host) pinned.push_back(resolve_literal(address, port).front());
  }
  if (!pinned.empty()) return pinned;
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return {make_v4(v4, port)};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return {make_v6(v6, port)};
  if (host == "localhost") {
    v4.s_addr = htonl(INADDR_LOOPBACK);
    return {make_v4(v4, port), make_v6(in6addr_loopback, port)};
  }
  return {};
}

bool is_address(const std::string& host) noexcept {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

struct name_lookup::shared {
  handler done;  // loop thread only
};

name_lookup::name_lookup(io_loop& loop, std::string host, std::uint16_t port, handler done)
    : shared_(std::make_shared<shared>(std::move(done))) {
  auto run = [mailbox = loop_mailbox(loop), pending = std::weak_ptr(shared_),
              name = std::move(host), port]() mutable {
    try {
      auto answer = look_up_or_fail(name, port);
      mailbox.post([pending = std::move(pending), answer = std::move(answer)]() mutable {
        const auto alive = pending.lock();
        if (alive == nullptr) return;
        auto tell = std::exchange(alive->done, nullptr);
        if (tell) tell(std::move(answer));
      });
    } catch (...) {  // NOLINT(bugprone-empty-catch)
      // Not even room to say so: whoever waits does so for no longer than its connect timeout.
    }
  };
  // The host program's signals are not for this thread.
  const signals_blocked inherited;
  try {
    std::thread(std::move(run)).detach();
  } catch (const std::system_error& failed) {
    loop.post([pending = std::weak_ptr(shared_), text = std::string(failed.what())] {
      const auto alive = pending.lock();
      if (alive == nullptr) return;
      auto tell = std::exchange(alive->done, nullptr);
      if (!tell) return;
      tell(core::fail(core::make_error(error_kind::connection,
                                       "cannot start a thread to resolve a host name: " + text)));
    });
  }
}

name_lookup::~name_lookup() = default;

}  // namespace lambda_cache::net
