// The agent that values are read through; read by the wiring.
#pragma once

#include "core/secret_memory.hpp"
#include "net/origin.hpp"

#include <memory>
#include <string>

namespace lambda_cache::sources {

struct agent_settings {
  std::string setting;  // "LAMBDA_CACHE_AGENT", for messages
  std::string url;      // "http://127.0.0.1:2773"
  net::origin at;
  /// The variable that holds the token; empty if none does: requests then carry none.
  std::string token_variable;
  core::secret_bytes token;
  std::string token_file;  // instead of the token: read for each request, since it may change
};
using agent_ptr = std::shared_ptr<const agent_settings>;

}  // namespace lambda_cache::sources
