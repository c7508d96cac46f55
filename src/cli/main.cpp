// The program lambda-cache.
#include "cli/output.hpp"
#include "cli/run.hpp"

#include <exception>
#include <fcntl.h>
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

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  keep_out_of_core_dumps();
  try {
    return lambda_cache::cli::run(argc, argv);
  } catch (const std::exception& failed) {
    lambda_cache::cli::complain(failed.what());
    return lambda_cache::cli::failure;
  }
}
