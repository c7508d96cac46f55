// The agent that the configuration names, and what is read through it.
#pragma once

#include <lambda_cache/client.hpp>

#include "aws/credentials.hpp"
#include "core/result.hpp"
#include "sources/agent_settings.hpp"
#include "wiring/entry_spec.hpp"

namespace lambda_cache::wiring {

/// client_config::agent_url, else LAMBDA_CACHE_AGENT; null: none is named, or the code says where
/// in AWS its values are. The token is that of AWS's agent's clients: the first that is set of
/// AWS_TOKEN, AWS_SESSION_TOKEN and AWS_CONTAINER_AUTHORIZATION_TOKEN, or a file's ("file://...").
/// Errors (invalid_argument) name the setting: no http:// URL of this machine; a token that is no
/// header's value.
[[nodiscard]] core::result<sources::agent_ptr> resolve_agent(const client_config& code,
                                                             const aws::environment& env);

/// Whether an agent can read it as it was asked for. It has one account and region, and knows
/// neither filters nor rotations; objects are files of the process that reads them.
[[nodiscard]] bool goes_by_agent(const entry_spec& spec) noexcept;

}  // namespace lambda_cache::wiring
