// Where the server listens: ports, ::1, and the Unix socket with its permissions.
#include "unit/agent/agent_fixture.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

using namespace std::chrono_literals;
using test_support::local_client;

class socket_test : public agent_fixture {
 protected:
  socket_test() : directory_("/tmp/agent-socket-test." + std::to_string(::getpid())) {
    std::filesystem::create_directories(directory_);
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  }
  ~socket_test() override { std::filesystem::remove_all(directory_); }
  void SetUp() override { cloud_.put_secret("db", "s3cret"); }

  [[nodiscard]] std::string path() const { return directory_ + "/agent.sock"; }
  [[nodiscard]] settings on_socket() const {
    settings how;
    how.tcp = false;
    how.socket_path = path();
    return how;
  }
  /// The message of a start that is refused; empty: it is not.
  std::string refusal(settings how) {
    server other(std::move(how), cache_.internals());
    const auto started = other.start();
    return started ? std::string() : started.error().message;
  }
  static bool is_socket(const std::string& at) {
    struct stat there{};
    return ::lstat(at.c_str(), &there) == 0 && S_ISSOCK(there.st_mode);
  }

  const std::string directory_;
};

TEST_F(socket_test, a_socket_needs_no_token_and_no_host) {
  start(on_socket());
  local_client client(path());
  client.send("GET /v1/db HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(served_->port(), 0);
  client.send("GET /v1/db HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
}

TEST_F(socket_test, it_has_its_mode_whatever_the_umask) {
  for (const auto& [mask, mode] :
       {std::pair<mode_t, mode_t>{0, 0600}, {0777, 0600}, {0, 0660}, {077, 0666}}) {
    settings how = on_socket();
    how.socket_mode = mode;
    const mode_t before = ::umask(mask);
    start(how);
    EXPECT_EQ(::umask(before), mask);  // it is the process's, and left alone
    struct stat there{};
    ASSERT_EQ(::stat(path().c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777U, mode);
    served_.reset();
  }
}

TEST_F(socket_test, another_user_cannot_connect) {
  if (::geteuid() != 0) return;  // only root can be somebody else
  start(on_socket());
  const auto reads_as = [&](uid_t user) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(2);
      ::_exit(local_client(path()).is_connected() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  constexpr uid_t nobody = 65534;
  EXPECT_EQ(reads_as(0), 1);
  EXPECT_EQ(reads_as(nobody), 0);
}

TEST_F(socket_test, what_an_agent_left_behind_is_replaced) {
  {
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path().copy(at.sun_path, sizeof at.sun_path - 1);
    ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ::close(left);
  }
  ASSERT_TRUE(is_socket(path()));
  start(on_socket());
  EXPECT_EQ(local_client(path()).get("/ping").status, 200);
}

TEST_F(socket_test, a_live_one_and_a_file_stay) {
  start(on_socket());
  EXPECT_NE(refusal(on_socket()).find("in use: another agent listens there"), std::string::npos);
  EXPECT_EQ(local_client(path()).get("/ping").status, 200);
  settings how = on_socket();
  how.socket_path = directory_ + "/file";
  std::ofstream(how.socket_path) << "mine";
  EXPECT_NE(refusal(how).find("is no socket"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(how.socket_path), 4U);
  const std::string link = directory_ + "/link";
  std::filesystem::create_symlink(directory_ + "/nowhere", link);
  how.socket_path = link;
  EXPECT_NE(refusal(how).find("is no socket"), std::string::npos);
}

TEST_F(socket_test, paths_that_cannot_be) {
  settings how = on_socket();
  how.socket_path = directory_ + "/none/agent.sock";
  EXPECT_NE(refusal(how).find("cannot be made: No such file or directory"), std::string::npos);
  how.socket_path = directory_ + '/' + std::string(200, 'x');
  EXPECT_NE(refusal(how).find("107 bytes"), std::string::npos);
}

TEST_F(socket_test, it_goes_with_the_server_unless_it_is_another_ones) {
  start(on_socket());
  served_->stop(0ms);
  EXPECT_FALSE(std::filesystem::exists(path()));
  start(on_socket());
  std::filesystem::remove(path());
  std::ofstream(path()) << "somebody else's";
  served_->stop(0ms);
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(socket_test, a_taken_port_says_so_and_leaves_nothing) {
  start();
  settings how = on_socket();
  how.tcp = true;
  how.port = served_->port();
  EXPECT_NE(refusal(how).find("is taken: another agent listens there"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_EQ(get("/ping").status, 200);
  // And the other way round: the port is free again where the socket could not be made.
  how.port = 0;
  how.socket_path = directory_ + "/none/agent.sock";
  server other(how, cache_.internals());
  EXPECT_FALSE(other.start());
  EXPECT_EQ(other.port(), 0);
}

TEST_F(socket_test, started_again_after_an_end) {
  settings how = on_socket();
  how.tcp = true;
  start(how);
  EXPECT_FALSE(served_->start());  // it runs
  for (int i = 0; i < 3; ++i) {
    served_->stop(1s);
    served_->stop(1s);
    const auto again = served_->start();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(get("/v1/db").status, 200);
    EXPECT_EQ(local_client(path()).get("/v1/db").status, 200);
  }
}

TEST_F(socket_test, ipv6_too_where_there_is_one) {
  start();
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 free{};
  free.sin6_family = AF_INET6;
  free.sin6_addr = in6addr_loopback;
  const bool has_ipv6 =
      fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&free), sizeof free) == 0;
  ::close(fd);
  local_client client(local_client::ipv6, served_->port());
  EXPECT_EQ(client.is_connected(), has_ipv6);
  if (!has_ipv6) return;
  client.send(std::string("GET /v1/db HTTP/1.1\r\nHost: [::1]:2773\r\n") + token + "\r\n");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(socket_test, the_loopback_only) {
  start();
  const auto listens_at = [&](const char* file, const char* port_of) {
    std::ifstream in(file);
    std::string line;
    std::vector<std::string> found;
    while (std::getline(in, line)) {
      const std::size_t at = line.find(port_of);
      if (at != std::string::npos && line.find(" 0A ") != std::string::npos)
        found.push_back(line.substr(line.find(": ") + 2, line.find(port_of) - line.find(": ") - 2));
    }
    return found;
  };
  char port[8];
  std::snprintf(port, sizeof port, ":%04X", served_->port());
  EXPECT_EQ(listens_at("/proc/self/net/tcp", port), std::vector<std::string>{"0100007F"});
  for (const std::string& at : listens_at("/proc/self/net/tcp6", port))
    EXPECT_EQ(at, "00000000000000000000000001000000");
}

}  // namespace
}  // namespace lambda_cache::agent
