// One thing to read: its name, how it is declared, how its value is looked at.
#pragma once

#include "cli/names.hpp"
#include "wiring/entry_spec.hpp"
#include "wiring/view.hpp"

#include <string>

namespace lambda_cache::cli {

struct wanted {
  asked_name asked;
  wiring::entry_spec spec;
  wiring::view_options view = {};
  bool optional = false;  // has a default in its program: it need not exist
};

/// Errors: invalid_argument, also for options that this kind of name does not have.
[[nodiscard]] core::result<wanted> make_wanted(asked_name asked, wiring::entry_options options,
                                               wiring::view_options view);

}  // namespace lambda_cache::cli
