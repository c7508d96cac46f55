// The words for what may be chosen, wherever it is told.
#pragma once

#include "agent/settings.hpp"
#include "aws/text.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace lambda_cache::agent {

template <class T, std::size_t n>
using choices = std::array<std::pair<std::string_view, T>, n>;

inline constexpr choices<compatibility, 2> modes = {
    {{"agent", compatibility::agent}, {"extension", compatibility::extension}}};
/// Whether errors are always JSON.
inline constexpr choices<bool, 2> error_forms = {{{"compatible", false}, {"json", true}}};
inline constexpr choices<log_level, 5> log_levels = {{{"debug", log_level::debug},
                                                      {"info", log_level::info},
                                                      {"warn", log_level::warn},
                                                      {"error", log_level::error},
                                                      {"none", log_level::none}}};

/// What the word means, in whatever case; nothing if it is none of them.
template <class T, std::size_t n>
[[nodiscard]] std::optional<T> chosen(std::string_view word, const choices<T, n>& of) noexcept {
  for (const auto& [name, meaning] : of)
    if (aws::text::iequals(word, name)) return meaning;
  return std::nullopt;
}

}  // namespace lambda_cache::agent
