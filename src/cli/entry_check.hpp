// Whether things can be read, without keeping what was read.
#pragma once

#include "cli/interrupts.hpp"
#include "cli/wanted.hpp"
#include "core/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::cli {

struct entry_check {
  std::string name;                   // as it is written on the command line
  std::optional<error_info> failure;  // nothing: it could be read
  bool optional = false;              // need not exist
  /// Of the calls that brought it; of an object until its first bytes came. Nothing if it failed.
  std::optional<core::nanos> took;
  std::string facts;     // "SecureString, version 3"
  std::size_t held = 0;  // of a path: how many parameters

  /// A name that need not exist may be missing.
  [[nodiscard]] bool good() const noexcept {
    return !failure || (optional && failure->kind == error_kind::not_found);
  }
};

/// Reads everything together, as a cold start does. Of large objects only the first bytes. Nothing
/// if a signal came.
[[nodiscard]] std::optional<std::vector<entry_check>> check_entries(std::vector<wanted> all,
                                                                    const interrupts& by);

}  // namespace lambda_cache::cli
