// A value as it was declared: checked, but not yet bound to a configuration.
#pragma once

#include "aws/parameter_path.hpp"
#include "aws/role.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::wiring {

/// What a declaration may say besides the name. What is left out comes from the configuration.
struct entry_options {
  std::optional<core::nanos> max_age = {};  // core::infinite: for ever
  std::optional<core::nanos> stale_if_error = {};
  std::optional<core::nanos> timeout = {};
  std::optional<int> max_attempts = {};
  std::optional<core::nanos> refresh_ahead = {};  // less than max_age
  std::optional<std::string> region = {};
  std::optional<std::string> endpoint_url = {};
  aws::role_settings role = {};  // assumed to read it
  bool decrypt = true;           // parameters
  /// Of parameters: at most one, and none if the name has a selector.
  std::optional<long long> version = {};
  std::optional<std::string> label = {};
  /// Of paths: whether everything below, or one level; and which of that.
  bool recursive = true;
  std::vector<aws::parameter_filter> filters = {};
  /// Of secrets: at most one. Of objects: a version_id.
  std::optional<std::string> version_id = {};
  std::optional<std::string> version_stage = {};
  /// Of secrets: what expired is described first, and fetched only if it rotated.
  bool rotation_aware = false;
  /// Of objects: their bytes in memory, or a file of that name (by default what follows the key's
  /// last '/'), and who is told how far a download has come.
  bool as_bytes = false;
  std::optional<std::string> file_name = {};
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

struct entry_spec {
  std::string_view service;  // "ssm", "secretsmanager": static text
  std::string locator;       // what the source asks for, and what messages call it
  std::string base;          // the locator without version, label or stage
  std::string selector;
  bool pinned = false;     // names one immutable version
  std::string given_name;  // the name without version, label, stage or what a service added
  std::string short_name;  // empty where the name gives none: then one has to be given
  std::string region;      // in the ARN; empty for a name
  std::optional<aws::parameter_path> path = {};  // not one parameter, but what this holds
  std::string file_name;                         // of an object that is to be a file; else empty
  entry_options options;
};

/// Errors: invalid_argument, if a value would always be refreshed ahead.
[[nodiscard]] core::result<void> check_refresh_ahead(core::nanos ahead, core::nanos max_age);

/// Check what can be checked where a value is declared. Errors: invalid_argument, naming the
/// option.
[[nodiscard]] core::result<entry_spec> parameter_spec(std::string_view name, entry_options options);
[[nodiscard]] core::result<entry_spec> path_spec(std::string_view path, entry_options options);
[[nodiscard]] core::result<entry_spec> secret_spec(std::string_view name, entry_options options);
/// Of an object that is to be a file, wired_cache::claim_file() makes the file its own.
[[nodiscard]] core::result<entry_spec> object_spec(std::string_view uri, entry_options options);

}  // namespace lambda_cache::wiring
