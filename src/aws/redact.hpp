// Services repeat parts of the request in their refusals, and commands may write anything; what is
// secret in that must not be shown.
#pragma once

#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// A service's message made fit for an error: one line, at most 400 bytes, without access keys,
/// without the canonical request (it holds the session token) and without long encoded texts.
[[nodiscard]] std::string showable_message(std::string_view message);

/// The same for what a program that deals with keys wrote (a shell that traces its commands writes
/// them all): also without what looks like a secret access key. Services never send those, and a
/// name in their messages may look like one.
[[nodiscard]] std::string showable_output(std::string_view output);

}  // namespace lambda_cache::aws
