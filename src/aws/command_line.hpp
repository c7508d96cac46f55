// A line of a shell taken apart into words, as Python's shlex.split() does it; nothing is expanded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// Words are separated by spaces, tabs and line ends. '...' keeps everything; in "..." a backslash
/// keeps a quote or a backslash, outside of quotes any character. Nothing if a quote is not closed
/// or the line ends in a backslash.
[[nodiscard]] std::optional<std::vector<std::string>> split_command(std::string_view line);

}  // namespace lambda_cache::aws
