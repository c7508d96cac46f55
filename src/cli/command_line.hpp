// What was written behind `lambda-cache`, taken apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lambda_cache::cli {

/// Where and as whom to read.
struct access_options {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  std::string role_arn;
  std::string external_id;
  std::optional<double> timeout_seconds;
  std::optional<int> max_attempts;
};

struct get_request {
  std::vector<std::string> names;
  access_options access;
  bool json = false;
  bool watch = false;
  double every_seconds = 60;
  std::string field;
  std::string transform;  // "json", "binary", "auto"; empty: none
  std::optional<std::string> label;
  std::optional<std::string> version_id;
  std::optional<std::string> version_stage;
  std::optional<std::string> output_file;
};

/// What a function reads: named, or declared in its code.
struct subject {
  std::vector<std::string> names;
  std::string function;  // "module.handler"; empty: none
  std::string python;    // empty: that of the virtual environment, else python3
};

struct doctor_request {
  subject of;
  access_options access;
  bool json = false;
};

struct policy_request {
  subject of;
  access_options access;
  std::string account;                // empty: STS is asked
  std::string for_role;               // what this assumed role needs, not the function's own
  std::vector<std::string> kms_keys;  // of values that are encrypted with keys of the user's own
};

/// The local server. What is not given is left to its file, the environment and its defaults.
struct serve_request {
  std::optional<std::string> config_file;
  std::optional<std::string> mode;  // "agent", "extension"
  std::optional<int> port;          // 0: a free one
  bool tcp = true;                  // false: the socket alone
  std::optional<std::string> socket;
  std::optional<unsigned> socket_mode;
  std::optional<std::string> token_file;
  std::vector<std::string> prefetch;
  std::optional<double> ttl_seconds;
  std::optional<double> stale_if_error_seconds;
  std::optional<double> refresh_ahead_seconds;
  std::optional<std::size_t> cache_size;
  std::optional<std::size_t> cache_megabytes;
  std::optional<std::size_t> max_connections;
  std::optional<std::string> path_prefix;
  std::optional<std::string> errors;  // "compatible", "json"
  std::optional<bool> status_page;
  std::optional<bool> metrics;
  std::optional<std::string> log_level;
  access_options access;  // without a role
};

/// The local server beside a Lambda function, told by environment variables.
struct extension_request {};

/// A request, or the status to end with: help was printed, or what is wrong.
using parsed_command = std::variant<int, get_request, doctor_request, policy_request, serve_request,
                                    extension_request>;

[[nodiscard]] parsed_command parse_command_line(int argc, const char* const* argv);

}  // namespace lambda_cache::cli
