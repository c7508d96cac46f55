#include "agent/service_manager.hpp"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lambda_cache::agent {

void tell_service_manager(const aws::environment& env, std::string_view message) noexcept {
  try {
    const auto where = env("NOTIFY_SOCKET");
    sockaddr_un address = {};
    // A path, or a name that begins with '@' and is in no folder.
    if (!where || where->size() < 2 || where->size() >= sizeof address.sun_path ||
        (where->front() != '/' && where->front() != '@'))
      return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, where->data(), where->size());
    if (where->front() == '@') address.sun_path[0] = '\0';
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return;
    [[maybe_unused]] const auto sent =
        ::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + where->size()));
    ::close(descriptor);
  } catch (...) {  // NOLINT(bugprone-empty-catch): without memory, nothing is told
  }
}

}  // namespace lambda_cache::agent
