// Views of a value: a transform, a field of JSON, a default for what does not exist.
#pragma once

#include <lambda_cache/transform.hpp>

#include "core/result.hpp"
#include "core/value_data.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::wiring {

using value_ptr = std::shared_ptr<const core::value_data>;

struct view_options {
  transform how = transform::none;
  /// Members on the way to what is picked, separated by dots: "database.password"; digits are
  /// the index in a list. Not empty: the value is read as JSON.
  std::string field = {};
  /// What a name that does not exist reads as.
  std::optional<std::string> default_value = {};
};

/// The view for a name as it was given to the value: `automatic` is decided here. Errors:
/// invalid_argument (a field with another transform than json, empty members in the field).
[[nodiscard]] core::result<view_options> make_view(view_options how, std::string_view name);

/// The view for what a path holds: `automatic` is decided for each value by its own name. Errors as
/// above.
[[nodiscard]] core::result<view_options> make_path_view(view_options how);

/// The value as the view has it: the same pointer where it is looked at as it is. A picked text is
/// that text; other JSON values are their JSON text. Of several values each is looked at.
/// Errors: transform, naming `name` (of several, the one's) and what does not fit; never any part
/// of the value.
[[nodiscard]] core::result<value_ptr> look_at(const view_options& how, const value_ptr& value,
                                              std::string_view name);

/// The default as a value.
[[nodiscard]] value_ptr default_of(const view_options& how);

}  // namespace lambda_cache::wiring
