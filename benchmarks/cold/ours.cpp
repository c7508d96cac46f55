// This library: environment, signature, TLS, parsing, cache.
#include <lambda_cache/ssm.hpp>

#include "measured.hpp"

int main(int argc, char** argv) {
  namespace bench = lambda_cache::benchmarks;
  const auto var = lambda_cache::ssm::parameter(bench::parameter_name);
  bool is_first = true;
  return bench::measure(argc, argv, [&] {
    if (!std::exchange(is_first, false)) {
      const auto fresh = var.refresh();
      return std::string(fresh.text());
    }
    return std::string(var.get().text());
  });
}
