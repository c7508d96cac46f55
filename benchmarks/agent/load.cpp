// bench_agent_load: a client of the agent with many connections, which looks at every answer.
//
//   bench_agent_load --port N [--connections N] [--requests N] [--names N] [--hot N] [--pipeline N]
//                    [--refresh PERCENT] [--unchecked]
//
// Each request is for one of the names "/load/0" ... ; nine of ten for one of the first --hot. An
// answer of 200 has to hold the value of the name that was asked for; any other one has to name it
// in its error. Prints one line of JSON; exit status 1 if an answer was wrong, or none came.
#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct settings {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::uint64_t requests = 100'000;
  std::size_t names = 64;
  std::size_t hot = 64;
  std::size_t pipeline = 1;
  unsigned refresh_percent = 0;
  bool checked = true;
};

struct figures {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;  // errors that name what was asked for
  std::uint64_t wrong = 0;
  std::uint64_t lost = 0;
  std::vector<std::uint32_t> latency = std::vector<std::uint32_t>(200'000);  // by 100 ns
};

class connection {
 public:
  connection(const settings& how, figures& to, std::mt19937_64& chance)
      : how_(how), to_(to), chance_(chance), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(how.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
      std::perror("bench_agent_load: connect");
      std::exit(1);
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~connection() { ::close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool is_idle() const noexcept { return asked_.empty(); }

  /// Sends as many requests as are to be under way; `left` counts down.
  void ask(std::uint64_t& left) {
    std::string out;
    while (left != 0 && asked_.size() < how_.pipeline) {
      --left;
      const bool is_hot = chance_() % 10 != 0;
      const std::size_t number = chance_() % (is_hot ? how_.hot : how_.names);
      std::string name = "/load/" + std::to_string(number);
      out += "GET /systemsmanager/parameters/get?name=" + name;
      if (chance_() % 100 < how_.refresh_percent) out += "&refreshNow=true";
      out +=
          " HTTP/1.1\r\nHost: localhost:2773\r\nX-Aws-Parameters-Secrets-Token: bench\r\n"
          "Accept: application/json\r\n\r\n";
      asked_.push_back({std::move(name), clock_type::now()});
    }
    if (!out.empty() &&
        ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      is_broken_ = true;
  }

  /// Takes what has come; false if the connection has ended.
  bool take() {
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0 || is_broken_) return false;
    pending_.append(bytes, static_cast<std::size_t>(got));
    while (take_answer()) {
    }
    return true;
  }

  [[nodiscard]] std::size_t unanswered() const noexcept { return asked_.size(); }

 private:
  struct question {
    std::string name;
    clock_type::time_point sent;
  };

  bool take_answer() {
    const std::size_t end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view length = "Content-Length: ";
    const std::size_t at = pending_.find(length);
    std::size_t size = 0;
    if (at < end) std::from_chars(&pending_[at + length.size()], &pending_[end], size);
    if (pending_.size() < end + 4 + size) return false;
    if (asked_.empty()) {
      ++to_.wrong;
    } else {
      judge(std::string_view(pending_).substr(0, end),
            std::string_view(pending_).substr(end + 4, size));
      asked_.pop_front();
    }
    pending_.erase(0, end + 4 + size);
    return true;
  }

  void judge(std::string_view head, std::string_view body) {
    const question& of = asked_.front();
    const auto took =
        std::chrono::duration_cast<std::chrono::nanoseconds>(clock_type::now() - of.sent);
    const auto bucket = static_cast<std::size_t>(took.count() / 100);
    ++to_.latency[std::min(bucket, to_.latency.size() - 1)];
    if (!how_.checked) {
      ++to_.ok;
    } else if (head.starts_with("HTTP/1.1 200 ")) {
      const bool right =
          body.find("\"Value\":\"value of " + of.name + " ") != std::string_view::npos;
      ++(right ? to_.ok : to_.wrong);
    } else {
      const bool right = body.find("\"name\":\"" + of.name + "\"") != std::string_view::npos;
      ++(right ? to_.failed : to_.wrong);
      if (!right && to_.wrong < 4)
        std::fprintf(stderr, "%.*s\n%.*s\n", static_cast<int>(head.size()), head.data(),
                     static_cast<int>(std::min<std::size_t>(body.size(), 500)), body.data());
    }
  }

  const settings& how_;
  figures& to_;
  std::mt19937_64& chance_;
  int fd_;
  bool is_broken_ = false;
  std::deque<question> asked_;
  std::string pending_;
};

double microseconds(const figures& of, double share) {
  std::uint64_t all = 0;
  for (const auto count : of.latency)
    all += count;
  auto left = static_cast<std::uint64_t>(static_cast<double>(all) * share);
  for (std::size_t i = 0; i < of.latency.size(); ++i) {
    if (of.latency[i] > left) return static_cast<double>(i) / 10 + 0.05;
    left -= of.latency[i];
  }
  return static_cast<double>(of.latency.size()) / 10;
}

settings parse(int argc, char** argv) {
  settings out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--unchecked") {
      out.checked = false;
      continue;
    }
    if (i + 1 == argc) break;
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--port")
      out.port = static_cast<std::uint16_t>(value);
    else if (name == "--connections")
      out.connections = value;
    else if (name == "--requests")
      out.requests = value;
    else if (name == "--names")
      out.names = value;
    else if (name == "--hot")
      out.hot = value;
    else if (name == "--pipeline")
      out.pipeline = value;
    else if (name == "--refresh")
      out.refresh_percent = static_cast<unsigned>(value);
    else {
      std::fprintf(stderr, "bench_agent_load: unknown option %s\n", argv[i - 1]);
      std::exit(2);
    }
  }
  out.hot = std::min(out.hot, out.names);
  if (out.port == 0 || out.names == 0 || out.connections == 0) {
    std::fputs("bench_agent_load: --port is needed; see the top of its source\n", stderr);
    std::exit(2);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const settings how = parse(argc, argv);
  figures seen;
  std::mt19937_64 chance(1);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<connection>> all;
  std::uint64_t left = how.requests;
  for (std::size_t i = 0; i < how.connections; ++i) {
    all.push_back(std::make_unique<connection>(how, seen, chance));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = all.back().get();
    ::epoll_ctl(poll, EPOLL_CTL_ADD, all.back()->fd(), &wanted);
  }
  const auto begin = clock_type::now();
  for (const auto& each : all)
    each->ask(left);
  std::size_t open = all.size();
  while (open != 0) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll, events, 64, 60'000);
    if (count == 0) break;  // a minute without an answer
    for (int i = 0; i < count; ++i) {
      auto* const of = static_cast<connection*>(events[i].data.ptr);
      const bool is_alive = of->take();
      if (is_alive) of->ask(left);
      if (is_alive && !of->is_idle()) continue;
      ::epoll_ctl(poll, EPOLL_CTL_DEL, of->fd(), nullptr);
      --open;
    }
  }
  const double seconds = std::chrono::duration<double>(clock_type::now() - begin).count();
  for (const auto& each : all)
    seen.lost += each->unanswered();
  seen.lost += left;
  const double answered = static_cast<double>(seen.ok + seen.failed + seen.wrong);
  std::printf(
      "{\"ok\": %llu, \"failed\": %llu, \"wrong\": %llu, \"lost\": %llu, \"seconds\": %.3f, "
      "\"per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
      static_cast<unsigned long long>(seen.ok), static_cast<unsigned long long>(seen.failed),
      static_cast<unsigned long long>(seen.wrong), static_cast<unsigned long long>(seen.lost),
      seconds, answered / seconds, microseconds(seen, 0.5), microseconds(seen, 0.99));
  return seen.wrong == 0 && seen.lost == 0 ? 0 : 1;
}
