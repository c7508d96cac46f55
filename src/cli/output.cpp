#include "cli/output.hpp"

#include "aws/text.hpp"
#include "core/secret_memory.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <system_error>
#include <unistd.h>

namespace lambda_cache::cli {
namespace {

constexpr std::size_t piece = std::size_t{256} << 10;
constexpr std::size_t longest_complaint = 4096;

}  // namespace

bool output::fail(int error, std::string_view what) {
  if (by_.signal() != 0) {
    status_ = status_of_signal(by_.signal());
  } else if (error == EPIPE) {
    status_ = status_of_signal(SIGPIPE);
  } else {
    status_ = failure;
    reason_ = std::string(what) + ": " + std::generic_category().message(error);
  }
  return false;
}

bool output::write(std::string_view text) {
  if (status_ != success) return false;
  while (!text.empty()) {
    if (by_.signal() != 0) return fail(EINTR, "");
    const auto written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // A descriptor that somebody else has made non-blocking.
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return fail(errno, "cannot write to the standard output");
    }
  }
  return true;
}

bool output::write_file(const std::string& path) {
  if (status_ != success) return false;
  const int from = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return fail(errno, "cannot open " + path);
  core::secret_bytes buffer(piece);
  bool good = true;
  while (good) {
    const auto got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) break;
    if (got < 0 && errno == EINTR && by_.signal() == 0) continue;
    good = got > 0 ? write({buffer.data(), static_cast<std::size_t>(got)})
                   : fail(errno, "cannot read " + path);
  }
  ::close(from);
  return good;
}

void complain(std::string_view message) {
  const std::string line = aws::text::printable(message, longest_complaint);
  std::fprintf(stderr, "lambda-cache: %s\n", line.c_str());
}

}  // namespace lambda_cache::cli
