#include "wiring/environment.hpp"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <utility>

namespace lambda_cache::wiring {

aws::environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    // Read once, at the first fetch; programs that change their environment meanwhile are on their
    // own.
    const char* text = ::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
    if (text == nullptr) return std::nullopt;
    return std::string(text);
  };
}

sources::aws_credentials_chain credentials_chain(const aws::environment& env) {
  sources::aws_credentials_chain chain;
  auto fixed = aws::credentials_from_environment(env);
  if (!fixed) {
    chain.broken = std::move(fixed.error());
    return chain;
  }
  if (*fixed) {
    chain.fixed = std::move(**fixed);
    return chain;
  }
  auto container = aws::container_from_environment(env);
  if (!container)
    chain.broken = std::move(container.error());
  else
    chain.container = std::move(*container);
  return chain;
}

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed))
    seed = static_cast<std::uint64_t>(core::boot());  // early boot only
  return seed;
}

}  // namespace lambda_cache::wiring
