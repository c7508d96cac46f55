// Requests to an agent, and what its answers mean.
#pragma once

#include "aws/agent_codec.hpp"
#include "aws/service_error.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/http_client.hpp"
#include "sources/agent_settings.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::sources {

/// What is asked for, for errors.
struct agent_question {
  std::string_view service;    // "ssm"
  std::string_view operation;  // "GetParameter"
  std::string_view name;       // empty: several
};

/// GET `target` for readers that accept `max_age`; 0: the agent has to ask AWS.
/// Errors (credentials): the token's file cannot be read.
[[nodiscard]] core::result<net::http_request> ask_agent(const agent_settings& of,
                                                        const std::string& target,
                                                        core::nanos max_age);

/// How old the value of an answer was when it was sent, or older; 0 where an agent does not tell.
[[nodiscard]] core::nanos age_of(const net::http_response& got) noexcept;
/// Whether the agent had nothing newer, because AWS fails.
[[nodiscard]] bool is_stale(const net::http_response& got) noexcept;
[[nodiscard]] error_info stale_error(const agent_settings& of, const agent_question& what);

struct agent_failure {
  error_info why;
  /// Asking again in a moment may help. Not where AWS fails: the agent has tried that already.
  bool try_again = false;
};

/// What an answer that is not 200 means.
[[nodiscard]] agent_failure explain_refusal(const agent_settings& of,
                                            const aws::service_reply& reply,
                                            const agent_question& what);
/// What the answer about several parameters says of one of them.
[[nodiscard]] error_info explain_miss(const aws::agent_miss& of, const agent_question& what);
/// Why there is no answer, in terms of the agent.
[[nodiscard]] error_info explain_silence(const agent_settings& of, error_info why,
                                         const agent_question& what);

}  // namespace lambda_cache::sources
