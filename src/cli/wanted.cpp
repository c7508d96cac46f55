#include "cli/wanted.hpp"

#include <utility>

namespace lambda_cache::cli {
namespace {

std::unexpected<error_info> refuse(const asked_name& asked, std::string_view option,
                                   std::string_view whose) {
  return core::fail(core::make_error(
      error_kind::invalid_argument, std::string(option) + " is an option of " + std::string(whose) +
                                        ", which " + asked.given + " is not: leave it out."));
}

core::result<wiring::entry_spec> spec_of(const asked_name& asked, wiring::entry_options options) {
  const bool secret = asked.kind == name_kind::secret;
  if (options.label && asked.kind != name_kind::parameter)
    return refuse(asked, "--label", "parameters (ssm:)");
  if (options.version_stage && !secret) return refuse(asked, "--version-stage", "secrets");
  if (options.version_id && !secret && asked.kind != name_kind::object)
    return refuse(asked, "--version-id",
                  "secrets and objects (a parameter's version follows its name: ssm:/app/x:3)");
  switch (asked.kind) {
    case name_kind::parameter:
      return wiring::parameter_spec(asked.name, std::move(options));
    case name_kind::path:
      return wiring::path_spec(asked.name, std::move(options));
    case name_kind::secret:
      return wiring::secret_spec(asked.name, std::move(options));
    case name_kind::object:
      break;
  }
  return wiring::object_spec(asked.name, std::move(options));
}

}  // namespace

core::result<wanted> make_wanted(asked_name asked, wiring::entry_options options,
                                 wiring::view_options view) {
  auto spec = spec_of(asked, std::move(options));
  if (!spec) return core::fail(std::move(spec.error()));
  auto seen = spec->path ? wiring::make_path_view(std::move(view))
                         : wiring::make_view(std::move(view), spec->given_name);
  if (!seen) return core::fail(std::move(seen.error()));
  return wanted{std::move(asked), std::move(*spec), std::move(*seen)};
}

}  // namespace lambda_cache::cli
