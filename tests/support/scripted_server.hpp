// A server on the loopback that does, byte for byte, what a script says: one thread per connection.
//
//   scripted_server server([](peer& client) {
//     client.read_request();
//     client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
//   });
//
// The connection is closed when the script returns. Scripts wait for the test by `gate`, not by
// time.
#pragma once

#include "support/test_ca.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lambda_cache::test {

/// Closed until opened, once. Everything waits at most a minute, so that a broken test ends.
class gate {
 public:
  void open();
  /// False if nobody opened it.
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// Thrown by a peer's operations when the client has gone; ends the script.
struct peer_gone {};

class scripted_server;

/// One connection, as the script sees it.
class peer {
 public:
  /// The next request, head and body, as it came.
  std::string read_request();
  void send(std::string_view bytes);
  /// Sends a whole answer with its Content-Length.
  void answer(int status, std::string_view body, std::string_view more_headers = {});
  /// Says that no more bytes will come (TLS close_notify); without it, TLS ends by being cut off.
  void end_tls();
  /// Ends the connection with a reset instead of an orderly close.
  void reset();
  /// Returns when the client has closed the connection.
  void wait_for_close();
  /// Hands bytes to and fro between the client and a port of this machine, as a proxy does for a
  /// tunnel, until one of them closes.
  void relay_to(std::uint16_t port);
  /// Number of this connection, from 0.
  [[nodiscard]] int number() const noexcept { return number_; }
  /// Whether the TLS session was resumed.
  [[nodiscard]] bool resumed() const noexcept;

 private:
  friend class scripted_server;
  struct tls;
  peer(scripted_server& server, int fd, int number);
  ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;
  void begin_tls(void* context);
  std::size_t read_some(char* into, std::size_t size);

  scripted_server& server_;
  int fd_;
  int number_;
  std::unique_ptr<tls> tls_;
  std::string unread_;
};

class scripted_server {
 public:
  using script = std::function<void(peer&)>;
  struct options {
    std::string address = "127.0.0.1";
    /// Speaks TLS with this certificate and key.
    std::optional<identity> tls{};
    /// False: nothing is accepted. With a small backlog connects then hang.
    bool accepts = true;
    int backlog = 64;
  };

  explicit scripted_server(script each);
  scripted_server(options wanted, script each);
  /// Ends every connection and waits for the scripts.
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Connections accepted so far.
  [[nodiscard]] int connections() const noexcept { return connections_.load(); }
  /// Requests read so far by read_request().
  [[nodiscard]] int requests() const noexcept { return requests_.load(); }

 private:
  friend class peer;
  void listen();
  void accept_all();
  void serve(int fd, int number);

  options options_;
  script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  void* tls_context_ = nullptr;
  std::thread acceptor_;
  std::mutex mutex_;  // protects what follows
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  bool ending_ = false;
};

}  // namespace lambda_cache::test
