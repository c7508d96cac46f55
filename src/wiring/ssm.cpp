// The C++ front door: parameters.
#include <lambda_cache/ssm.hpp>

#include "wiring/front_door.hpp"
#include "wiring/known_handles.hpp"

#include <utility>

namespace lambda_cache {
inline namespace v0 {
namespace ssm {
namespace {

handle with_defaults(std::string_view name) {
  return parameter(name);
}

}  // namespace

handle parameter(std::string_view name, const options& how, const client& in) {
  wiring::entry_options options = wiring::common_options(how);
  options.decrypt = how.with_decryption;
  options.version = how.version;
  options.label = how.label;
  return wiring::make_handle(in, wiring::parameter_spec(name, std::move(options)),
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
                    .with_decryption = what.with_decryption,
                    .version = what.version,
                    .label = what.label,
                    .transform = what.transform,
                    .field = what.field,
                    .default_value = what.default_value};
  return wiring::make_binding({"ssm::cache()", "parameter", "parameters", what.parameter,
                               what.parameters, what.mapping, what.entry_name},
                              [&](const std::string& name) { return parameter(name, how, in); });
}

}  // namespace ssm
}  // namespace v0
}  // namespace lambda_cache
