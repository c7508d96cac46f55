// bench_endpoint <ca.pem> [<percentage of requests that fail>]: writes its CA there, prints "<plain
// url> <tls url>", and serves until its standard input ends. Any line on standard input is answered
// with the number of calls so far.
#include "endpoint.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

int main(int argc, char** argv) {
  namespace bench = lambda_cache::benchmarks;
  if (argc < 2 || argc > 3) {
    std::fputs("usage: bench_endpoint <file for the CA> [<percentage that fails>]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const bench::certificates tls = bench::make_certificates();
  std::FILE* ca = std::fopen(argv[1], "w");
  if (ca == nullptr || std::fputs(tls.ca_pem.c_str(), ca) < 0 || std::fclose(ca) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  static bench::endpoint serving(
      &tls, argc == 3 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 0);
  std::printf("%s %s\n", serving.url().c_str(), serving.tls_url().c_str());
  std::fflush(stdout);
  for (char line[256]; std::fgets(line, sizeof line, stdin) != nullptr;) {
    std::printf("%llu\n", static_cast<unsigned long long>(serving.calls()));
    std::fflush(stdout);
  }
  ::_exit(0);  // connections may still be served
}
