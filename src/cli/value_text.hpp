// Values as the command line prints them.
#pragma once

#include "cli/json_writer.hpp"
#include "cli/wanted.hpp"
#include "core/result.hpp"
#include "core/value_data.hpp"

#include <span>

namespace lambda_cache::cli {

/// A single value as it is stored: text and a line break, a StringList one item a line, bytes
/// without anything added. Not for files and paths.
void append_plain(core::secret_bytes& out, const core::value_data& value);

/// "name<TAB>value" lines: one, or one for each value of a path. `alone`: what a path holds goes by
/// the names below it; else by names that can be asked for. Errors (invalid_argument): what cannot
/// be one line (line breaks, bytes).
[[nodiscard]] core::result<void> append_lines(core::secret_bytes& out, const wanted& of,
                                              const core::value_data& value, bool alone);

/// The value and what is known of it, as an object.
void append_json(json_writer& out, const wanted& of, const core::value_data& value);

/// One line of JSON: of one value its object, of several one object by the names that were asked.
[[nodiscard]] core::secret_bytes json_line(std::span<const wanted> all,
                                           std::span<const wiring::value_ptr> values);

}  // namespace lambda_cache::cli
