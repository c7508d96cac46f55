// The process's environment: the only place that reads it.
#pragma once

#include "aws/credentials.hpp"
#include "sources/credentials_provider.hpp"

namespace lambda_cache::wiring {

[[nodiscard]] aws::environment process_environment();

/// Where credentials come from, as the environment says.
[[nodiscard]] sources::aws_credentials_chain credentials_chain(const aws::environment& env);

/// 64 bits from the kernel: for jitter, and so that forks and restored snapshots differ.
[[nodiscard]] std::uint64_t random_seed() noexcept;

}  // namespace lambda_cache::wiring
