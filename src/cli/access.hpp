// The options that say where and as whom to read, put to use.
#pragma once

#include "cli/command_line.hpp"
#include "cli/names.hpp"
#include "core/result.hpp"
#include "wiring/entry_spec.hpp"

#include <string>
#include <vector>

namespace lambda_cache::cli {

/// Puts profile, region and endpoint where the configuration is read from: the environment of this
/// process. Before anything reads it. Errors: invalid_argument.
[[nodiscard]] core::result<void> apply(const access_options& access);

/// The rest, as options of each read.
[[nodiscard]] wiring::entry_options entry_options_of(const access_options& access);

/// The names, each checked and none twice. Errors: invalid_argument.
[[nodiscard]] core::result<std::vector<asked_name>> parse_names(
    const std::vector<std::string>& names);

}  // namespace lambda_cache::cli
