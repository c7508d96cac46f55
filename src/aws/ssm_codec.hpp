// JSON 1.1 bodies of GetParameter, GetParameters and GetParametersByPath (API version 2014-11-06).
#pragma once

#include "aws/parameter_path.hpp"
#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "core/value_data.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// GetParameters takes at most this many names.
inline constexpr std::size_t max_names_per_call = 10;
/// GetParametersByPath answers with at most this many parameters.
inline constexpr std::size_t max_parameters_per_page = 10;

[[nodiscard]] core::secret_bytes encode_get_parameter(std::string_view name, bool decrypt);
[[nodiscard]] core::secret_bytes encode_get_parameters(std::span<const std::string_view> names,
                                                       bool decrypt);
/// `next_token`: of the page before; empty for the first one.
[[nodiscard]] core::secret_bytes encode_get_parameters_by_path(const parameter_path& of,
                                                               bool decrypt,
                                                               std::string_view next_token);

struct parameter {
  std::string name;  // as the service names it, without the selector
  std::string arn;
  std::string selector;  // ":3", ":label" or empty, as the service echoes it
  core::value_data value;
};

struct parameters {
  std::vector<parameter> found;  // any order
  std::vector<std::string> invalid;
};

/// Some of what a path holds; may be empty and not the last one all the same.
struct parameter_page {
  std::vector<parameter> found;
  std::string next_token;  // empty: the last page
};

/// Errors: protocol (not JSON, a member missing or of the wrong type, nested too deep).
[[nodiscard]] core::result<parameter> decode_get_parameter(std::string_view body);
[[nodiscard]] core::result<parameters> decode_get_parameters(std::string_view body);
[[nodiscard]] core::result<parameter_page> decode_get_parameters_by_path(std::string_view body);

/// The found parameter that answers `request_name` (name, name:selector, ARN, ARN:selector);
/// nullptr if none does. A label is matched only where the service echoes it.
[[nodiscard]] const parameter* find_answer(std::span<const parameter> found,
                                           std::string_view request_name);
/// The same for a whole answer. A name in `invalid` has none; so for the others a label can be
/// matched also where the service, an emulator, does not echo it.
[[nodiscard]] const parameter* find_answer(const parameters& answer, std::string_view request_name);

}  // namespace lambda_cache::aws
