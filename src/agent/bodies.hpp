// Values as JSON, as AWS's two products write them.
#pragma once

#include "agent/settings.hpp"
#include "core/secret_memory.hpp"
#include "core/value_data.hpp"

namespace lambda_cache::agent {

/// {"Parameter":{...},"ResultMetadata":{}}, with null for what there is not.
void append_parameter_answer(core::secret_bytes& out, const core::value_data& value);
/// The inner object alone.
void append_parameter(core::secret_bytes& out, const core::value_data& value);

/// A secret as the extension (dates as text, nulls, ResultMetadata) or the agent (epoch seconds,
/// what there is not is left out) writes it.
void append_secret_answer(core::secret_bytes& out, const core::value_data& value,
                          compatibility mode);

}  // namespace lambda_cache::agent
