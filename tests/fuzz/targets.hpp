// The list of targets, which the build makes from the files of this folder.
#pragma once

#include <span>
#include <string_view>

namespace lambda_cache::fuzz {

struct target {
  const char* name;
  void (*run)(std::string_view input);
};

[[nodiscard]] std::span<const target> targets() noexcept;

[[nodiscard]] inline const target* find_target(std::string_view name) noexcept {
  for (const target& each : targets())
    if (name == each.name) return &each;
  return nullptr;
}

}  // namespace lambda_cache::fuzz
