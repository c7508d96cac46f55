#include "agent/service_manager.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

/// Where a service manager listens.
class listener {
 public:
  explicit listener(const std::string& name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  }
  ~listener() { ::close(descriptor_); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// What came; empty if nothing did.
  std::string next() {
    std::array<char, 64> text{};
    const auto got = ::recv(descriptor_, text.data(), text.size(), 0);
    return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string();
  }

 private:
  int descriptor_;
};

aws::environment with_socket(std::optional<std::string> name) {
  return [name](std::string_view variable) {
    return variable == "NOTIFY_SOCKET" ? name : std::nullopt;
  };
}

TEST(service_manager_test, a_path) {
  std::string folder = testing::TempDir() + "service_manager_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/notify";
  listener manager(path);
  tell_service_manager(with_socket(path), "READY=1");
  EXPECT_EQ(manager.next(), "READY=1");
  std::filesystem::remove_all(folder);
}

TEST(service_manager_test, a_name_in_no_folder) {
  const std::string name = "@lambda-cache-test-" + std::to_string(::getpid());
  listener manager(name);
  tell_service_manager(with_socket(name), "STOPPING=1");
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(service_manager_test, none_and_nobody_there) {
  for (const char* const name : {"", "@", "relative", "/nonexistent/notify"})
    tell_service_manager(with_socket(name), "READY=1");
  tell_service_manager(with_socket(std::string(200, '/')), "READY=1");
  tell_service_manager(with_socket(std::nullopt), "READY=1");
}

}  // namespace
}  // namespace lambda_cache::agent
