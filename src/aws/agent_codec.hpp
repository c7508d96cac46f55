// What an agent, a local cache that speaks HTTP, says besides values: its refusals and its ages.
#pragma once

#include <lambda_cache/error.hpp>

#include "core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// A refusal as JSON. AWS's agent tells code and message only, ours all of it.
struct agent_refusal {
  std::string code;
  std::string message;  // fit to be shown; ours is a whole sentence, with the fix
  std::optional<error_kind> kind;
  std::string operation;
  std::string request_id;
  std::optional<bool> retryable;
};

/// Nothing if the body is no such document.
[[nodiscard]] std::optional<agent_refusal> decode_agent_refusal(std::string_view body);

/// What the answer about several parameters says of one that it has no value for.
struct agent_miss {
  std::string name;  // as it was asked for
  int status = 0;
  agent_refusal why;
};

/// The list Errors of such an answer; what is none of it is left out.
[[nodiscard]] std::vector<agent_miss> decode_agent_misses(std::string_view body);

/// A number of seconds as X-Cache-Age and Age have it, rounded up by `resolution`, so that nothing
/// is taken for younger than it is. Nothing if it is none.
[[nodiscard]] std::optional<core::nanos> parse_age(std::string_view text,
                                                   core::nanos resolution) noexcept;

/// The same for a request: "1.5".
[[nodiscard]] std::string age_text(core::nanos age);

}  // namespace lambda_cache::aws
