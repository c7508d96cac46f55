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
  if (duration->count() < 0) refuse(std::string(option) + " is negative: give 0 or more.");
  return duration->count();
}

std::optional<core::nanos> checked_timeout(const std::optional<std::chrono::nanoseconds>& timeout) {
  if (timeout && timeout->count() <= 0)
    refuse("timeout leaves no time for a read: it has to be more than 0.");
  return checked("timeout", timeout);
}

std::optional<int> checked_attempts(const std::optional<int>& attempts) {
  if (attempts && (*attempts < 1 || *attempts > 100))
    refuse("max_attempts has to be between 1 and 100.");
  return attempts;
}

handle make_handle(const client& in, core::result<entry_spec> spec, view_options how,
                   std::string_view name) {
  if (!spec) throw error(std::move(spec.error()));
  auto view =
      spec->path ? make_path_view(std::move(how)) : make_view(std::move(how), spec->given_name);
  if (!view) throw error(std::move(view.error()));
  if (auto claimed = in.internals()->claim_file(*spec); !claimed)
    throw error(std::move(claimed.error()));
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
