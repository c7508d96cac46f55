// From error_info to Python exceptions.
#pragma once

#include <lambda_cache/error.hpp>

#include "python/api.hpp"

#include <vector>

namespace lambda_cache::python {

/// Where a failure shows decides what an invalid_argument is called.
enum class stage {
  declaration,  // the call is wrong
  fetch,        // the configuration is wrong
};

/// A new exception of the class that fits; null with a Python error set if that fails.
[[nodiscard]] ref make_exception(const error_info& why, stage when);

/// Sets the exception for the first failure; the others are added to it as notes.
void raise(const std::vector<error_info>& failures, stage when);
void raise(const error_info& why, stage when);

/// After an exception of C++ (in a catch block): MemoryError for std::bad_alloc, else SystemError.
void raise_current_cpp_exception() noexcept;

}  // namespace lambda_cache::python
