// What the code of a Python function declares, found by importing it.
#pragma once

#include "cli/names.hpp"
#include "core/result.hpp"
#include "wiring/entry_spec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::cli {

struct declared_entry {
  asked_name asked;
  wiring::entry_options options;
  bool optional = false;  // has a default: it need not exist
};

/// What `python -m lambda_cache._declared` wrote. Errors (invalid_argument): what it says went
/// wrong, or that it is not understood.
[[nodiscard]] core::result<std::vector<declared_entry>> parse_declared(std::string_view json,
                                                                       const std::string& handler);

/// Runs it: `python` (empty: VIRTUAL_ENV's, else python3), in the present directory and
/// environment. Before there is another thread. Errors as above, and where it cannot be run.
[[nodiscard]] core::result<std::vector<declared_entry>> declared_by(const std::string& handler,
                                                                    const std::string& python);

}  // namespace lambda_cache::cli
