// The local server: one thread that listens, reads requests and answers them from the cache.
#pragma once

#include "agent/settings.hpp"
#include "core/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace lambda_cache::wiring {
class wired_cache;
}

namespace lambda_cache::agent {

/// Started and stopped by one thread; the rest by any, in between.
class server {
 public:
  server(settings how, std::shared_ptr<wiring::wired_cache> cache);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens, then serves on a thread of its own; /ping answers when this returns.
  /// Errors (invalid_argument): the port or the socket is taken, or may not be used; then nothing
  /// is left behind. May be started again after it was stopped.
  [[nodiscard]] core::result<void> start();
  /// Takes no more connections, lets requests under way end within `grace`, ends the thread.
  void stop(std::chrono::milliseconds grace) noexcept;

  /// Fetches what settings::prefetch names, side by side, and waits for it, `at_most` so long: what
  /// is not there by then goes on, and requests join it. What fails is logged and nothing else.
  void prefetch(std::chrono::nanoseconds at_most);
  /// Starts fetching, for nobody yet, what was prefetched or asked for lately and will soon be too
  /// old: less than a fifth of its time is left.
  void refresh_ahead();
  /// From now on (true) nothing that is read stays in this process once it is answered, nor do
  /// credentials and connections: the process may become a snapshot. False ends that.
  void keep_nothing(bool yes);

  /// The port it listens on; 0 if it has none.
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct state;
  const settings how_;
  const std::shared_ptr<wiring::wired_cache> cache_;
  std::unique_ptr<state> state_;
};

}  // namespace lambda_cache::agent
