#include "agent/open_object.hpp"

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace lambda_cache::agent {

int open_object(const core::object_data& value) {
  const std::string path(value.view());
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return -1;
  if (core::is_intact(value, fd)) return fd;
  ::close(fd);
  return -1;
}

}  // namespace lambda_cache::agent
