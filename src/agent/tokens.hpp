// The token that requests have to carry, found when the agent starts.
#pragma once

#include "agent/serve_settings.hpp"
#include "aws/credentials.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>

namespace lambda_cache::agent {

/// Fills settings::tokens: the token file, else the first of the variables that is set. Where only
/// a Unix socket is served none is needed. Returns a warning, or nothing: everybody on the host may
/// read the file.
/// Errors (invalid_argument): neither port nor socket is to be served; there is no token, or its
/// file cannot be read or is empty, with a way to make one.
[[nodiscard]] core::result<std::optional<std::string>> find_token(serve_settings& how,
                                                                  const aws::environment& env);

}  // namespace lambda_cache::agent
