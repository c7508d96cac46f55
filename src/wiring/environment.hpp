// The process's environment: the only place that reads it.
#pragma once

#include "aws/credentials.hpp"
#include "core/random.hpp"
#include "sources/credentials_settings.hpp"
#include "wiring/config.hpp"

#include <optional>
#include <string>

namespace lambda_cache::wiring {

[[nodiscard]] aws::environment process_environment();

/// Sets a variable of this process, or removes it: for a program whose options stand for variables.
/// Only before there is another thread, and before the configuration is read.
void set_process_variable(const char* name, const std::optional<std::string>& value);

/// All of them as they are, for a program that is started.
[[nodiscard]] char** process_variables() noexcept;

/// Where credentials come from, as the environment says. `of_process`: `env` is the process's own,
/// so that a credential_process gets all of it.
[[nodiscard]] sources::credentials_settings make_credentials_settings(const aws::environment& env,
                                                                      const config& values,
                                                                      bool of_process);

/// 64 bits from the kernel: for jitter, and so that forks and restored snapshots differ.
[[nodiscard]] std::uint64_t random_seed() noexcept;
/// The process's own, for what is not an engine.
[[nodiscard]] core::random_numbers& jitter() noexcept;

}  // namespace lambda_cache::wiring
