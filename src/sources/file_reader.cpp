#include "sources/file_reader.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr std::size_t longest_token = 64 * 1024;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

struct open_file {
  explicit open_file(const std::string& path)
      : fd(path.empty() ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

}  // namespace

core::result<std::optional<core::secret_bytes>> read_small_file(const std::string& path,
                                                                std::size_t limit) {
  const open_file file(path);
  struct stat about{};
  if (file.fd < 0 || ::fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  // It may grow meanwhile: what counts is what is read.
  core::secret_bytes bytes(std::min(static_cast<std::size_t>(about.st_size), limit) + 1);
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file.fd, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(path + " could not be read.");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) return refuse(path + " is larger than " + std::to_string(limit) + " bytes.");
    if (size == bytes.size()) bytes.resize(std::min(limit, size * 2) + 1);
  }
  bytes.resize(size);
  return bytes;
}

core::result<core::secret_bytes> read_token_file(const std::string& path, const std::string& what) {
  auto read = read_small_file(path, longest_token);
  if (!read) return core::fail(std::move(read.error()));
  if (!*read)
    return refuse("Cannot read " + what + " " + path +
                  ": check that the file exists and may be read.");
  core::secret_bytes token = std::move(**read);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
    token.pop_back();
  if (token.empty() || std::ranges::any_of(token, aws::text::is_control))
    return refuse(what + " " + path + " holds no token: it is empty or has several lines.");
  return token;
}

}  // namespace lambda_cache::sources
