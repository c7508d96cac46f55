// The agent as a program of its own: in the foreground, until a signal ends it.
#pragma once

#include "agent/serve_settings.hpp"
#include "aws/credentials.hpp"

#include <span>
#include <string>

namespace lambda_cache::agent {

/// What is to be told about the settings when the log is there.
struct remark {
  log_level level = log_level::info;
  std::string text;
};

/// Serves until SIGINT or SIGTERM; SIGHUP makes it forget values and credentials, or ends it where
/// a terminal closes. Returns the exit status: 0 after a signal, 1 if it could not start (the
/// reason is in the log). Only while there is no other thread. `how` has its tokens: find_token().
[[nodiscard]] int serve(const serve_settings& how, std::span<const remark> remarks,
                        const aws::environment& env);

}  // namespace lambda_cache::agent
