// An environment out of an input's lines "NAME=value".
#pragma once

#include "aws/credentials.hpp"
#include "fuzz/target.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::fuzz {

using variables = std::map<std::string, std::string, std::less<>>;

inline variables read_variables(std::string_view lines) {
  variables out;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    const std::size_t equals = std::min(line.find('='), line.size());
    // No environment has zero bytes.
    if (!line.contains('\0'))
      out.insert_or_assign(std::string(line.substr(0, equals)),
                           std::string(line.substr(std::min(equals + 1, line.size()))));
  }
  return out;
}

inline aws::environment environment_of(variables values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

/// Whether the canary is in values of options and variables with secrets only.
inline bool is_canary_a_secret(std::string_view text) {
  constexpr std::string_view secret[] = {
      "aws_secret_access_key", "aws_session_token",
      "aws_security_token",    "credential_process",
      "external_id",           "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",     "AWS_CONTAINER_AUTHORIZATION_TOKEN"};
  std::string lines(text);
  std::ranges::replace(lines, '\r', '\n');
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (!line.contains(canary)) continue;
    const std::string_view name = line.substr(0, line.find_first_of(" =:"));
    if (std::ranges::find(secret, name) == std::end(secret)) return false;
  }
  return true;
}

}  // namespace lambda_cache::fuzz
