// Values of the configuration file as what they set: each returns false for what is not legal, and
// then has set nothing.
#pragma once

#include "agent/choices.hpp"
#include "agent/toml_document.hpp"
#include "aws/text.hpp"
#include "core/clock.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::agent {

/// A whole number, which AWS's agent takes in quotes as well.
template <std::integral T>
bool set_whole(const toml_value& from, std::int64_t least, std::int64_t most, T& to) {
  std::optional<std::int64_t> number;
  if (const auto* plain = from.as<std::int64_t>()) number = *plain;
  if (const auto* quoted = from.as<std::string>()) number = aws::text::whole_number(*quoted);
  if (!number || *number < least || *number > most) return false;
  to = static_cast<T>(*number);
  return true;
}

inline std::optional<double> number_of(const toml_value& from) {
  if (const auto* whole = from.as<std::int64_t>()) return static_cast<double>(*whole);
  if (const auto* any = from.as<double>(); any && std::isfinite(*any)) return *any;
  return std::nullopt;
}

/// Seconds, also fractions.
inline std::optional<core::nanos> seconds_of(const toml_value& from, double least, double most) {
  const auto seconds = number_of(from);
  if (!seconds || *seconds < least || *seconds > most) return std::nullopt;
  return static_cast<core::nanos>(*seconds * static_cast<double>(core::second));
}
template <class T>
bool set_seconds(const toml_value& from, double least, double most, T& to) {
  const auto time = seconds_of(from, least, most);
  if (!time) return false;
  const core::nanos nanos = *time;
  to = nanos;
  return true;
}

inline bool set_flag(const toml_value& from, bool& to) {
  if (const auto* flag = from.as<bool>()) {
    to = *flag;
    return true;
  }
  return false;
}

/// Text without control characters, not empty.
inline const std::string* text_of(const toml_value& from) {
  const auto* text = from.as<std::string>();
  return text && !text->empty() && std::ranges::none_of(*text, aws::text::is_control) ? text
                                                                                      : nullptr;
}
template <class T>
bool set_text(const toml_value& from, T& to) {
  const std::string* text = text_of(from);
  if (text) to = *text;
  return text != nullptr;
}

inline bool is_absolute(const toml_value& from) {
  const std::string* text = text_of(from);
  return text && text->starts_with('/');
}

/// A list of texts that `is_good`, of at least `least`.
template <std::predicate<const std::string&> P>
bool set_list(const toml_value& from, std::size_t least, P is_good, std::vector<std::string>& to) {
  const auto* list = from.as<toml_value::list>();
  if (!list || list->size() < least) return false;
  std::vector<std::string> out;
  for (const toml_value& each : *list) {
    const std::string* text = text_of(each);
    if (!text || !is_good(*text)) return false;
    out.push_back(*text);
  }
  to = std::move(out);
  return true;
}

/// One of several words, in whatever case.
template <class T, std::size_t n>
bool set_choice(const toml_value& from, const choices<T, n>& of, T& to) {
  const auto* text = from.as<std::string>();
  const auto meaning = text ? chosen(*text, of) : std::nullopt;
  if (meaning) to = *meaning;
  return meaning.has_value();
}

}  // namespace lambda_cache::agent
