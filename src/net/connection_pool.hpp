// Idle connections by route, and what is remembered about a route between connections.
#pragma once

#include "core/clock.hpp"
#include "net/connection.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace lambda_cache::net {

/// Loop thread only.
class connection_pool {
 public:
  explicit connection_pool(pool_settings settings) : settings_(settings) {}

  /// The connection that was used last, if it is young enough and alive; null if there is none.
  /// Closes what is too old, of every route.
  [[nodiscard]] std::unique_ptr<connection> take(const route& along);
  /// Keeps the connection if its last answer, its age of birth (`epoch` at that time) and the limit
  /// allow, else closes it; also where there is no memory for it.
  void put(std::unique_ptr<connection> idle, unsigned epoch) noexcept;
  /// Closes the idle connections of one route.
  void drop(const route& along);
  /// Closes every idle connection, forgets TLS sessions, and lets no present connection come back.
  void drop_all();
  [[nodiscard]] unsigned epoch() const noexcept { return epoch_; }

  /// Whether this route turned out to need the system's trust anchors.
  [[nodiscard]] bool needs_system_store(const route& along) const noexcept;
  void set_needs_system_store(const route& along);
  /// The TLS session to resume from; null if there is none. Owned by the pool.
  [[nodiscard]] SSL_SESSION* session(const route& along) const noexcept;
  void forget_session(const route& along);

 private:
  struct idle_connection {
    std::unique_ptr<connection> link;
    core::nanos wall;
    core::nanos mono;
  };
  struct place {
    route along;
    std::vector<idle_connection> idle;
    tls_session session;
    bool needs_system_store = false;
  };
  [[nodiscard]] place* find(const route& along) noexcept;
  [[nodiscard]] const place* find(const route& along) const noexcept;
  place& find_or_add(const route& along);
  void sweep();

  pool_settings settings_;
  std::vector<place> places_;  // a handful: one per endpoint
  unsigned epoch_ = 0;
};

}  // namespace lambda_cache::net
