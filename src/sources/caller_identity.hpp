// Who the credentials belong to, as STS says it: for people who look for a mistake.
#pragma once

#include "aws/sts_codec.hpp"
#include "sources/tools.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace lambda_cache::sources {

struct identity_answer {
  core::result<aws::caller_identity> who;
  /// Seconds that the service's clock is ahead of ours; nothing if it did not answer.
  std::optional<std::int64_t> clock_difference;
};

/// Asks GetCallerIdentity with the credentials of `who`, which is one of the tools' providers.
/// `done` is called once, on the loop's thread; maybe at once. Errors name sts:GetCallerIdentity.
void ask_caller_identity(std::shared_ptr<tools> with, credentials_provider& who,
                         std::move_only_function<void(identity_answer)> done);

}  // namespace lambda_cache::sources
