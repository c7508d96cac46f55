// What the doctor found out, and how it is told. No value is in it.
#pragma once

#include "cli/cold_start.hpp"
#include "cli/entry_check.hpp"
#include "wiring/diagnosis.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::cli {

struct role_policy {
  std::string role;  // empty: the function's own
  std::string json;
};

struct doctor_report {
  std::string version;
  core::result<wiring::surroundings> around;
  wiring::identity_report identity;
  std::string function;                        // "module.handler"; empty: none was named
  std::optional<error_info> function_failure;  // why its declarations are not known
  std::vector<entry_check> entries;
  cold_start_calls calls;
  std::vector<role_policy> policies;
  std::string no_policy;  // why there is none; empty otherwise

  /// Whether everything could be read, with credentials that work.
  [[nodiscard]] bool healthy() const noexcept;
};

/// As tables that people read.
[[nodiscard]] std::string text_of(const doctor_report& report);
/// The same as one JSON object, indented.
[[nodiscard]] std::string json_of(const doctor_report& report);

}  // namespace lambda_cache::cli
