// What GetParametersByPath is asked for: a path, how deep, and which of what is there.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// One condition on the parameters of a path; what fits any of its values fits.
struct parameter_filter {
  std::string key = {};  // "Type", "KeyId" or "Label"
  std::vector<std::string> values = {};
  bool begins_with = false;  // instead of being equal
};

struct parameter_path {
  /// As it was written, which is what policies are about: "/app/" or "/app".
  std::string path = {};
  bool recursive = true;
  /// In one order, whatever order they were written in; no value twice.
  std::vector<parameter_filter> filters = {};

  /// Everything but the path, as text; equal exactly if it asks for the same.
  [[nodiscard]] std::string selection() const;
  /// Text between the last two slashes: "app" of "/x/app/"; empty of "/".
  [[nodiscard]] std::string short_name() const;
};

/// Checks what can be checked without asking the service. Errors: invalid_argument, naming the
/// option, what is wrong and what is legal.
[[nodiscard]] core::result<parameter_path> make_parameter_path(
    std::string_view path, bool recursive, std::vector<parameter_filter> filters);

/// The parameter's name below the path: "db/host" of "/app/db/host" in "/app/"; empty if the
/// parameter is not in it.
[[nodiscard]] std::string_view name_below(std::string_view path, std::string_view name) noexcept;

}  // namespace lambda_cache::aws
