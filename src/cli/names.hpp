// The names of the command line are those of wiring/names.hpp.
#pragma once

#include "wiring/names.hpp"

namespace lambda_cache::cli {

using wiring::asked_name;
using wiring::legal_names;
using wiring::name_kind;
using wiring::parse_name;

}  // namespace lambda_cache::cli
