// Services repeat parts of the request in their refusals; what is secret in them must not be shown.
#pragma once

#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// A service's message made fit for an error: one line, at most 400 bytes, without access keys,
/// without the canonical request (it holds the session token) and without long encoded texts.
[[nodiscard]] std::string showable_message(std::string_view message);

}  // namespace lambda_cache::aws
