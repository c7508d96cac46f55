// A blocking HTTP client of few words: what it is told to send goes out byte for byte.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lambda_cache::test_support {

struct local_answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  /// Whether a whole answer came.
  explicit operator bool() const noexcept { return status != 0; }
};

/// One connection.
class local_client {
 public:
  explicit local_client(std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  explicit local_client(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  struct ipv6_t {};
  static constexpr ipv6_t ipv6{};
  local_client(ipv6_t, std::uint16_t port)
      : fd_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    to.sin6_addr = in6addr_loopback;
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  ~local_client() { ::close(fd_); }
  local_client(const local_client&) = delete;
  local_client& operator=(const local_client&) = delete;

  [[nodiscard]] bool is_connected() const noexcept { return connected_; }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// No more requests come from here.
  void finish() const { ::shutdown(fd_, SHUT_WR); }

  /// The head of the next answer, all lines with their ends; empty if the connection ended first.
  std::string receive_head() {
    std::size_t end = std::string::npos;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return {};
    std::string head = pending_.substr(0, end + 2);
    pending_.erase(0, end + 4);
    return head;
  }

  /// So many bytes; fewer if the connection ended first.
  std::string receive_bytes(std::size_t size) {
    while (pending_.size() < size && more()) {
    }
    std::string bytes = pending_.substr(0, size);
    pending_.erase(0, size);
    return bytes;
  }

  /// The next answer; a false one if the connection ended first.
  local_answer receive() {
    local_answer got;
    const std::string head = receive_head();
    if (head.empty()) return got;
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
      const std::size_t line_end = head.find("\r\n", at);
      const std::string line = head.substr(at, line_end - at);
      const std::size_t colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::ranges::transform(name, name.begin(),
                             [](char c) { return static_cast<char>(std::tolower(c)); });
      got.headers[name] = line.substr(colon + 2);
      at = line_end + 2;
    }
    const int status = std::atoi(head.c_str() + 9);
    const std::size_t size = status == 304 ? 0 : std::stoul(got.headers["content-length"]);
    got.body = receive_bytes(size);
    if (got.body.size() == size) got.status = status;
    return got;
  }

  local_answer get(std::string_view target, std::string_view more_headers = {}) {
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    request.append(more_headers).append("\r\n");
    send(request);
    return receive();
  }

  /// Whether the server has ended the connection, with nothing more sent.
  bool is_ended() { return pending_.empty() && !more(); }

 private:
  void connect(const sockaddr* to, socklen_t size) { connected_ = ::connect(fd_, to, size) == 0; }
  bool more() {
    char bytes[16384];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string pending_;
};

}  // namespace lambda_cache::test_support
