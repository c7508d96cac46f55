// What the programs of the cold-start family have in common.
//
// Each is started as `<program> <number of refreshes>`. It reads one parameter, writes a line
// (whoever started it notes the time), then fetches that often again over what it kept open, and
// prints the median time of one fetch in nanoseconds.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace lambda_cache::benchmarks {

inline constexpr std::string_view parameter_name = "/bench/parameter";

[[nodiscard]] inline std::string environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// `fetch` returns the value; the first call may set up whatever it needs.
template <class Fetch>
int measure(int argc, char** argv, const Fetch& fetch) {
  const int refreshes = argc > 1 ? std::atoi(argv[1]) : 0;
  if (fetch().find("a value") == std::string::npos) give_up("not the expected value");
  if (::write(STDOUT_FILENO, "first\n", 6) != 6) return 1;
  if (refreshes < 1) return 0;
  std::vector<long long> times;
  const auto now = [] {
    timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return static_cast<long long>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
  };
  for (int i = 0; i < refreshes; ++i) {
    const auto begin = now();
    static_cast<void>(fetch());
    times.push_back(now() - begin);
  }
  std::sort(times.begin(), times.end());
  std::printf("%lld\n", times[times.size() / 2]);
  return 0;
}

}  // namespace lambda_cache::benchmarks
