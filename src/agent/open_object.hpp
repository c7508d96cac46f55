// The file of an object, opened to be sent.
#pragma once

#include "core/object_data.hpp"

namespace lambda_cache::agent {

/// A descriptor of the file that the value names, which is the caller's to close; -1 if it is not
/// there any more, or has another content by now.
[[nodiscard]] int open_object(const core::object_data& value);

}  // namespace lambda_cache::agent
