// The program lambda-cache.
#include "agent/extension.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "program/serve_command.hpp"
#include "program/started_as.hpp"
#include "wiring/environment.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

/// What is read stays out of core dumps: those that a file gets, and those that a program gets
/// (kernel.core_pattern), which the limit does not stop.
void keep_out_of_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// Where a standard descriptor is closed, the next file or socket would be taken for it: it gets
/// one that cannot be written to.
void fill_standard_descriptors() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDONLY);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) ::close(opened);
}

std::string own_path() {
  std::array<char, 4096> path{};
  const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

int run_extension(const char* as) {
  const auto env = lambda_cache::wiring::process_environment();
  return lambda_cache::agent::run_extension(lambda_cache::agent::extension_environment(env),
                                            lambda_cache::program::extension_name(as, own_path()),
                                            env);
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  keep_out_of_core_dumps();
  try {
    const auto env = lambda_cache::wiring::process_environment();
    const char* const as = argc > 0 ? argv[0] : "";
    if (lambda_cache::program::is_extension(argc, as, own_path(), env)) return run_extension(as);
    return lambda_cache::cli::run(
        argc, argv, {lambda_cache::program::run_serve, [as] { return run_extension(as); }});
  } catch (const std::exception& failed) {
    lambda_cache::cli::complain(failed.what());
    return lambda_cache::cli::failure;
  }
}
