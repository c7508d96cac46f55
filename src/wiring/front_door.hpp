// What the C++ front doors of all services do alike: checking options, making handles and bindings.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/handle.hpp>

#include "wiring/entry_spec.hpp"
#include "wiring/view.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

/// Throws `error` (invalid_argument).
[[noreturn]] void refuse(std::string message);
[[nodiscard]] std::optional<core::nanos> checked(
    const char* option, const std::optional<std::chrono::nanoseconds>& duration);
[[nodiscard]] std::optional<core::nanos> checked_timeout(
    const std::optional<std::chrono::nanoseconds>& timeout);
[[nodiscard]] std::optional<int> checked_attempts(const std::optional<int>& attempts);

/// A handle of what was declared, or the error thrown that it is.
[[nodiscard]] handle make_handle(const client& in, core::result<entry_spec> spec, view_options view,
                                 std::string_view name);

/// A service's options that every service has, checked.
template <class Options>
[[nodiscard]] entry_options common_options(const Options& how) {
  return {.max_age = checked("max_age", how.max_age),
          .stale_if_error = checked("stale_if_error", how.stale_if_error),
          .timeout = checked_timeout(how.timeout),
          .max_attempts = checked_attempts(how.max_attempts),
          .refresh_ahead = checked("refresh_ahead", how.refresh_ahead),
          .region = how.region,
          .endpoint_url = how.endpoint_url,
          .role = {.role_arn = how.role_arn,
                   .external_id = how.external_id,
                   .session_name = how.role_session_name}};
}

template <class Options>
[[nodiscard]] view_options view_of(const Options& how) {
  return {how.transform, how.field, how.default_value};
}

/// Throws if two items of a binding have one name.
void refuse_repeated_names(const binding& of, const char* several);

/// What cache() of a service was asked for.
struct asked_names {
  const char* function;  // "ssm::cache()"
  const char* one;       // the option for one name: "parameter"
  const char* several;   // for several: "parameters"
  const std::string& name;
  const std::vector<std::string>& names;
  const std::vector<std::pair<std::string, std::string>>& mapping;
  const std::string& entry_name;
  std::optional<bool> prefetch = {};
};

/// The binding; `open` makes the handle of a name. Throws `error` (invalid_argument) for wrong use.
template <class Open>
[[nodiscard]] binding make_binding(const asked_names& asked, Open open) {
  const int forms = (asked.name.empty() ? 0 : 1) + (asked.names.empty() ? 0 : 1) +
                    (asked.mapping.empty() ? 0 : 1);
  if (forms != 1)
    refuse(std::string(asked.function) + " takes exactly one of ." + asked.one + ", ." +
           asked.several + " and .mapping, not empty.");
  binding out;
  out.prefetch = asked.prefetch;
  const auto short_name = [](const handle& of) {
    if (of.short_name().empty())
      refuse(of.name() +
             " gives no name to inject it under (an ARN of a secret, or a name that ends in '/'): "
             "give one, by .entry_name or as an alias in .mapping.");
    return of.short_name();
  };
  if (!asked.name.empty()) {
    handle value = open(asked.name);
    std::string name = asked.entry_name.empty() ? short_name(value) : asked.entry_name;
    out.items.push_back({std::move(name), std::move(value)});
    return out;
  }
  out.entry_name = asked.entry_name;
  for (const std::string& name : asked.names) {
    handle value = open(name);
    std::string known_as = short_name(value);
    out.items.push_back({std::move(known_as), std::move(value)});
  }
  for (const auto& [alias, name] : asked.mapping) {
    if (alias.empty()) refuse("An alias in .mapping is empty (of " + name + ").");
    out.items.push_back({alias, open(name)});
  }
  if (!asked.names.empty() && asked.entry_name.empty())
    refuse("Several " + std::string(asked.several) +
           " need .entry_name: the name of the mapping that holds them.");
  refuse_repeated_names(out, asked.several);
  return out;
}

}  // namespace lambda_cache::wiring
