#include "wiring/front_door.hpp"

#include "wiring/handle_state.hpp"

#include <memory>
#include <set>

namespace lambda_cache::wiring {

void refuse(std::string message) {
  throw error(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::optional<core::nanos> checked(const char* option,
                                   const std::optional<std::chrono::nanoseconds>& duration) {
  if (!duration) return std::nullopt;
  if (duration->count() < 0)
    refuse(std::string(option) + " is negative: give 0 (always fetch) or more.");
  return duration->count();
}

std::optional<int> checked_attempts(const std::optional<int>& attempts) {
  if (attempts && *attempts < 1) refuse("max_attempts is less than 1.");
  return attempts;
}

handle make_handle(const client& in, core::result<entry_spec> spec, core::result<view_options> view,
                   std::string_view name) {
  if (!spec) throw error(std::move(spec.error()));
  if (!view) throw error(std::move(view.error()));
  return handle(std::make_shared<handle_state>(in.internals(), std::move(*spec), std::move(*view),
                                               std::string(name)));
}

void refuse_repeated_names(const binding& of, const char* several) {
  std::set<std::string> names;
  for (const binding::item& item : of.items)
    if (!names.insert(item.name).second)
      refuse("Two " + std::string(several) + " would both be called '" + item.name + "' (one is " +
             item.value.name() + "): give them names of your own with .mapping.");
}

}  // namespace lambda_cache::wiring
