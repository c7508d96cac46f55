// The C++ front door: secrets.
#include <lambda_cache/secrets_manager.hpp>

#include "wiring/front_door.hpp"
#include "wiring/known_handles.hpp"

#include <utility>

namespace lambda_cache {
inline namespace v0 {
namespace secrets_manager {
namespace {

handle with_defaults(std::string_view name) {
  return secret(name);
}

}  // namespace

handle secret(std::string_view name, const options& how, const client& in) {
  wiring::entry_options options = wiring::common_options(how);
  options.version_id = how.version_id;
  options.version_stage = how.version_stage;
  options.rotation_aware = how.rotation_aware;
  return wiring::make_handle(in, wiring::secret_spec(name, std::move(options)),
                             wiring::view_of(how), name);
}

const Value& get(std::string_view name) {
  return wiring::known_handles<with_defaults>::of_this_thread().find(name).get();
}

binding cache(const cache_options& what, const client& in) {
  const options how{.max_age = what.max_age,
                    .stale_if_error = what.stale_if_error,
                    .refresh_ahead = what.refresh_ahead,
                    .timeout = what.timeout,
                    .max_attempts = what.max_attempts,
                    .region = what.region,
                    .endpoint_url = what.endpoint_url,
                    .role_arn = what.role_arn,
                    .external_id = what.external_id,
                    .role_session_name = what.role_session_name,
                    .version_id = what.version_id,
                    .version_stage = what.version_stage,
                    .rotation_aware = what.rotation_aware,
                    .transform = what.transform,
                    .field = what.field,
                    .default_value = what.default_value};
  return wiring::make_binding({"secrets_manager::cache()", "name", "names", what.name, what.names,
                               what.mapping, what.entry_name, what.prefetch},
                              [&](const std::string& name) { return secret(name, how, in); });
}

}  // namespace secrets_manager
}  // namespace v0
}  // namespace lambda_cache
