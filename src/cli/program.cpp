#include "cli/program.hpp"

#include "wiring/environment.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace lambda_cache::cli {
namespace {

constexpr std::size_t longest_output = std::size_t{4} << 20;

struct pipe_ends {
  std::array<int, 2> fd{-1, -1};
  pipe_ends() { opened = ::pipe2(fd.data(), O_CLOEXEC) == 0; }
  ~pipe_ends() {
    for (const int each : fd)
      if (each >= 0) ::close(each);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close_write_end() {
    ::close(fd[1]);
    fd[1] = -1;
  }
  bool opened = false;
};

/// False at the end.
bool take(int from, std::string& to) {
  std::array<char, 16384> piece{};
  const auto got = ::read(from, piece.data(), piece.size());
  if (got < 0) return errno == EINTR;
  if (to.size() < longest_output) to.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

/// Until the program has ended, and what it wrote is taken: what it started may go on and keep the
/// pipes open.
void take_all(int output, std::string& out, int errors, std::string& err, int ended) {
  std::array<pollfd, 3> open = {pollfd{output, POLLIN, 0}, pollfd{errors, POLLIN, 0},
                                pollfd{ended, POLLIN, 0}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    const bool over = open[2].revents != 0;
    if (::poll(open.data(), open.size(), over ? 0 : -1) < 0) continue;
    if (over && open[0].revents == 0 && open[1].revents == 0) return;
    if (open[0].revents != 0 && !take(output, out)) open[0].fd = -1;
    if (open[1].revents != 0 && !take(errors, err)) open[1].fd = -1;
  }
}

std::unexpected<error_info> cannot_start(const std::string& what, int error) {
  return core::fail(
      core::make_error(error_kind::invalid_argument,
                       what + " cannot be run: " + std::generic_category().message(error) + "."));
}

}  // namespace

core::result<program_result> run_program(const std::vector<std::string>& arguments) {
  pipe_ends output;
  pipe_ends errors;
  if (!output.opened || !errors.opened) return cannot_start(arguments.front(), errno);
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const std::string& each : arguments)
    words.push_back(const_cast<char*>(each.c_str()));  // exec takes them as they are
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.fd[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.fd[1], STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, words.front(), &actions, nullptr, words.data(),
                                    wiring::process_variables());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return cannot_start(arguments.front(), failed);
  output.close_write_end();
  errors.close_write_end();

  program_result out;
  // Where the kernel has none (before 5.3), the pipes' ends count alone.
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  take_all(output.fd[0], out.output, errors.fd[0], out.errors, ended);
  if (ended >= 0) ::close(ended);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  out.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return out;
}

}  // namespace lambda_cache::cli
