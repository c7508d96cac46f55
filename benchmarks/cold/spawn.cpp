// bench_spawn <program> <arguments...>: starts it from a process that is small (so that neither
// fork nor ru_maxrss count the parent) and prints: nanoseconds to its first output, to its exit, of
// its CPU time, its peak memory in KiB, its exit status, and then its last line of output.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

long long now() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<long long>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_spawn <program> <arguments...>\n", stderr);
    return 2;
  }
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return 1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

  pid_t child = 0;
  const long long begin = now();
  const int failed = ::posix_spawn(&child, argv[1], &actions, nullptr, argv + 1, environ);
  ::close(output[1]);
  if (failed != 0) {
    std::fprintf(stderr, "%s: %s\n", argv[1], std::strerror(failed));
    return 1;
  }
  long long first = 0;
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto got = ::read(output[0], buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (first == 0) first = now() - begin;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  const long long whole = now() - begin;
  const auto cpu = [](const timeval& t) { return t.tv_sec * 1'000'000'000LL + t.tv_usec * 1000LL; };
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  const auto line = text.rfind('\n');
  std::printf("%lld %lld %lld %ld %d %s\n", first, whole, cpu(used.ru_utime) + cpu(used.ru_stime),
              used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
              text.c_str() + (line == std::string::npos ? 0 : line + 1));
}
