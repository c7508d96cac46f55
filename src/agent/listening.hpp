// Where the agent can be reached: loopback ports, and a Unix socket.
#pragma once

#include "agent/settings.hpp"
#include "core/result.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lambda_cache::agent {

/// What listens. Closed, and the socket's file removed, with this object.
class listening {
 public:
  struct place {
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor;
    bool is_unix = false;
  };

  listening() = default;
  ~listening();
  listening(listening&&) noexcept;
  listening& operator=(listening&&) = delete;

  /// Everything that the settings name. Errors (invalid_argument): a port or a socket is taken, or
  /// may not be used.
  [[nodiscard]] static core::result<listening> open(boost::asio::io_context& on,
                                                    const settings& how);

  [[nodiscard]] std::vector<place>& places() noexcept { return places_; }
  /// 0: none.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  core::result<void> open_loopback(boost::asio::io_context& on, std::uint16_t wanted);
  core::result<void> open_socket(boost::asio::io_context& on, const std::string& path,
                                 unsigned mode);

  std::vector<place> places_;
  std::uint16_t port_ = 0;
  std::string path_;  // of the socket's file
  ino_t inode_ = 0;   // of that file; another one there is not ours. 0: none was made
};

}  // namespace lambda_cache::agent
