// bench_objects_server [bytes a second and connection]: prints its URL and serves, until its
// standard input ends, GET /bucket/<size>: an object of so many bytes, with ranges.
#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <strings.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

constexpr std::size_t piece = std::size_t{16} << 20;
int content = -1;  // `piece` bytes, sent again and again

std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2);
    if (line.size() > name.size() + 1 && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      auto value = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
      value.remove_prefix(value.find_first_not_of(' '));
      return value;
    }
  }
  return {};
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_MORE);
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool send_content(int fd, std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    auto offset = static_cast<off_t>(begin % piece);
    const auto most = std::min<std::uint64_t>(piece - begin % piece, end - begin);
    const auto put = ::sendfile(fd, content, &offset, most);
    if (put <= 0) return false;
    begin += static_cast<std::uint64_t>(put);
  }
  return true;
}

bool answer(int fd, std::string_view head) {
  const auto slash = head.find('/', head.find('/') + 1);
  const std::uint64_t size = std::strtoull(head.data() + slash + 1, nullptr, 10);
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  std::string range;
  if (const auto asked = header(head, "range"); !asked.empty()) {
    char* rest = nullptr;
    begin = std::strtoull(asked.data() + 6, &rest, 10);
    if (rest[1] >= '0' && rest[1] <= '9') end = std::strtoull(rest + 1, nullptr, 10) + 1;
    end = std::min(end, size);
    range = "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" +
            std::to_string(size) + "\r\n";
  }
  const bool only_head = head.starts_with("HEAD");
  return send_all(fd, "HTTP/1.1 " + std::string(range.empty() ? "200 OK" : "206 Partial Content") +
                          "\r\nETag: \"0123456789abcdef0123456789abcdef-1\"\r\n"
                          "Last-Modified: Mon, 03 Nov 2025 10:00:00 GMT\r\n"
                          "Accept-Ranges: bytes\r\nContent-Type: binary/octet-stream\r\n" +
                          range + "Content-Length: " + std::to_string(end - begin) + "\r\n\r\n") &&
         (only_head || send_content(fd, begin, end)) && send_all(fd, {});
}

void serve(int fd) {
  std::string got;
  char buffer[16384];
  for (;;) {
    if (const auto end = got.find("\r\n\r\n"); end != std::string::npos) {
      if (!answer(fd, std::string_view(got).substr(0, end + 2))) break;
      const int off = 0;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      got.erase(0, end + 4);
      continue;
    }
    const auto size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    got.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const unsigned pace = argc > 1 ? static_cast<unsigned>(std::atoll(argv[1])) : 0;
  content = ::memfd_create("content", 0);
  std::string bytes(piece, '\0');
  std::uint64_t state = 1;
  for (char& c : bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(state >> 56);
  }
  if (::write(content, bytes.data(), bytes.size()) != static_cast<ssize_t>(piece)) return 1;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::bind(listener, address, size) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, address, &size) != 0)
    return 1;
  std::thread([listener, pace] {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      if (pace != 0) ::setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &pace, sizeof pace);
      std::thread(serve, fd).detach();
    }
  }).detach();
  std::printf("http://127.0.0.1:%d\n", ntohs(at.sin_port));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  ::_exit(0);
}
