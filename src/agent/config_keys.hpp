// The keys of the configuration file: where each may stand, what is legal, what it sets.
#pragma once

#include "agent/serve_settings.hpp"
#include "agent/toml_document.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::agent {

struct config_rule {
  std::string_view section;  // "capabilities.secrets_manager"
  bool flat = false;         // it may stand outermost instead
  std::string_view name;
  std::string_view legal;
  /// Puts the value over what is there; adds to `notes` what is to be told. False: not legal.
  bool (*apply)(const toml_value& value, serve_settings& into, std::vector<std::string>& notes);
};

/// Those of AWS's agent and those of [lambda_cache].
[[nodiscard]] std::span<const config_rule> aws_config_rules() noexcept;
[[nodiscard]] std::span<const config_rule> own_config_rules() noexcept;

/// The same table, outermost in a flat file.
inline constexpr std::string_view prefetch_section = "capabilities.secrets_manager.prefetch";
inline constexpr std::string_view own_section = "lambda_cache";

}  // namespace lambda_cache::agent
