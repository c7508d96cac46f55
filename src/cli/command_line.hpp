// What was written behind `lambda-cache`, taken apart.
#pragma once

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

/// A request, or the status to end with: help was printed, or what is wrong.
using parsed_command = std::variant<int, get_request, doctor_request, policy_request>;

[[nodiscard]] parsed_command parse_command_line(int argc, const char* const* argv);

}  // namespace lambda_cache::cli
