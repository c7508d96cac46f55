// Tests that play AWS through botocore: this library does not go through it, and says so.
#pragma once

#include "core/result.hpp"

#include <optional>
#include <string>

namespace lambda_cache::python {

/// Why AWS must not be asked for that name: moto's mock, or a stub of botocore, is active in this
/// process and would not see the call. Nothing in all other programs, where it costs a few lookups
/// in sys.modules. With the GIL.
[[nodiscard]] std::optional<error_info> refusal_of_mocks(const std::string& service,
                                                         const std::string& name);

}  // namespace lambda_cache::python
