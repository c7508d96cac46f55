#include "wiring/environment.hpp"

#include "aws/shared_config.hpp"

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdlib.h>
#include <string>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::wiring {
namespace {

// Variables that count on the loop's thread; the ones with secrets are read before.
constexpr std::array everything = {"AWS_LAMBDA_FUNCTION_NAME",
                                   "AWS_EXECUTION_ENV",
                                   "AWS_DEFAULT_PROFILE",
                                   "AWS_PROFILE",
                                   "AWS_WEB_IDENTITY_TOKEN_FILE",
                                   "AWS_ROLE_ARN",
                                   "AWS_ROLE_SESSION_NAME",
                                   "AWS_EC2_METADATA_DISABLED",
                                   "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                   "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                   "AWS_IMDS_USE_IPV6",
                                   "AWS_METADATA_SERVICE_TIMEOUT",
                                   "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                   "HOME"};
constexpr std::span<const char* const> named_in_requests = std::span(everything).first(1);

/// Values as they are now: programs may change their environment while the loop's thread works.
aws::environment copy_of(const aws::environment& env, std::span<const char* const> names) {
  std::map<std::string, std::string, std::less<>> values;
  for (const char* const name : names)
    if (auto value = env(name)) values.emplace(name, std::move(*value));
  if (names.size() > 1) {
    // The files' paths may name any variable: they are kept with those replaced.
    auto files = aws::shared_files_of(env);
    values.insert_or_assign("AWS_CONFIG_FILE", std::move(files.config));
    values.insert_or_assign("AWS_SHARED_CREDENTIALS_FILE", std::move(files.credentials));
  }
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

core::secret_bytes whole_environment() {
  core::secret_bytes out;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    out.insert(out.end(), *entry, *entry + std::strlen(*entry) + 1);
  return out;
}

}  // namespace

aws::environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    // Read once, at the first fetch; programs that change their environment meanwhile are on their
    // own.
    const char* text = ::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
    if (text == nullptr) return std::nullopt;
    return std::string(text);
  };
}

void set_process_variable(const char* name, const std::optional<std::string>& value) {
  // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread
  if (value)
    ::setenv(name, value->c_str(), 1);
  else
    ::unsetenv(name);
  // NOLINTEND(concurrency-mt-unsafe)
}

char** process_variables() noexcept {
  return ::environ;
}

sources::credentials_settings make_credentials_settings(const aws::environment& env,
                                                        const config& values, bool of_process) {
  sources::credentials_settings out;
  out.sts = {values.sts_region, values.endpoints.of("sts")};
  out.sso = values.endpoints.of("sso");
  auto fixed = aws::credentials_from_environment(env);
  if (!fixed) {
    out.broken = std::move(fixed.error());
    return out;
  }
  std::span<const char* const> needed = named_in_requests;
  if (*fixed) {
    out.fixed = std::move(**fixed);
  } else {
    auto container = aws::container_from_environment(env);
    if (!container)
      out.container_broken = std::move(container.error());
    else
      out.container = std::move(*container);
    if (of_process) out.process_environment = whole_environment();
    needed = everything;
  }
  out.env = copy_of(env, needed);
  return out;
}

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed))
    seed = static_cast<std::uint64_t>(core::boot());  // early boot only
  return seed;
}

core::random_numbers& jitter() noexcept {
  static core::random_numbers numbers(random_seed());
  return numbers;
}

}  // namespace lambda_cache::wiring
