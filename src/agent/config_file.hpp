// The configuration file: that of the AWS Secrets Manager Agent, flat or nested, and a table
// [lambda_cache] for what that agent does not know.
#pragma once

#include "agent/serve_settings.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::agent {

/// Puts what the text says over `into`. Returns what is to be told about it: keys that are
/// accepted and mean nothing here.
/// Errors (invalid_argument) give `name`, the line, the key, and what is legal: no TOML, an unknown
/// key (with the one that was meant, where one is near), a value of another type or out of range.
/// `into` is of no use then.
[[nodiscard]] core::result<std::vector<std::string>> apply_config(std::string_view text,
                                                                  std::string_view name,
                                                                  serve_settings& into);

/// The same for a file. Errors (invalid_argument): it cannot be read, and those above.
[[nodiscard]] core::result<std::vector<std::string>> apply_config_file(const std::string& path,
                                                                       serve_settings& into);

struct config_key {
  std::string_view section;  // "": outermost
  std::string_view name;
  std::string_view legal;  // for messages: "a whole number from 1024 to 65535"
};
/// Every key there is, for the documentation's tests.
[[nodiscard]] std::vector<config_key> config_keys();

}  // namespace lambda_cache::agent
