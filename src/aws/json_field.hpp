// One member picked out of a JSON text.
#pragma once

#include "core/secret_memory.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::aws {

struct picked_field {
  /// What is there: of a text the characters that it stands for, anything else as it is written.
  core::secret_bytes text;
  /// Why nothing could be picked, without any part of the text; empty if it was.
  std::string defect;
};

/// Follows `path` ("database.password", digits index a list) into a JSON text; an empty path
/// checks the text only.
[[nodiscard]] picked_field pick_field(std::string_view json, std::string_view path);

}  // namespace lambda_cache::aws
