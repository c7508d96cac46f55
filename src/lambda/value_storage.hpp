// The vector that holds one call's values, kept from call to call.
#pragma once

#include <lambda_cache/value.hpp>

#include <vector>

namespace lambda_cache::lambda {

/// Releases the values and keeps the memory for this thread's next call.
void keep_value_storage(std::vector<Value> used) noexcept;

}  // namespace lambda_cache::lambda
