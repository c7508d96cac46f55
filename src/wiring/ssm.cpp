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

/// What cache() was asked for, as the options of a single parameter or of a path.
template <class Options>
Options options_of(const cache_options& what) {
  Options how;
  how.max_age = what.max_age;
  how.stale_if_error = what.stale_if_error;
  how.refresh_ahead = what.refresh_ahead;
  how.timeout = what.timeout;
  how.max_attempts = what.max_attempts;
  how.region = what.region;
  how.endpoint_url = what.endpoint_url;
  how.role_arn = what.role_arn;
  how.external_id = what.external_id;
  how.role_session_name = what.role_session_name;
  how.with_decryption = what.with_decryption;
  how.transform = what.transform;
  how.field = what.field;
  return how;
}

binding path_binding(const cache_options& what, const client& in) {
  if (!what.parameter.empty() || !what.parameters.empty() || !what.mapping.empty())
    wiring::refuse(
        "ssm::cache() takes exactly one of .parameter, .parameters, .mapping and .path.");
  if (what.version || what.label)
    wiring::refuse(
        ".version and .label choose a version of one parameter; of a path, give "
        ".filters = {{\"Label\", {\"...\"}}}.");
  if (what.default_value)
    wiring::refuse(".default_value is for one parameter: a path that holds nothing is empty.");
  auto how = options_of<path_options>(what);
  how.recursive = what.recursive;
  how.filters = what.filters;
  handle value = path(what.path, how, in);
  std::string name = what.entry_name.empty() ? value.short_name() : what.entry_name;
  if (name.empty())
    wiring::refuse("The path " + what.path +
                   " gives no name to inject it under: give one by .entry_name.");
  binding out;
  out.prefetch = what.prefetch;
  out.items.push_back({std::move(name), std::move(value)});
  return out;
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

handle path(std::string_view path, const path_options& how, const client& in) {
  wiring::entry_options options = wiring::common_options(how);
  options.decrypt = how.with_decryption;
  options.recursive = how.recursive;
  for (const filter& each : how.filters)
    options.filters.push_back({each.key, each.values, each.begins_with});
  return wiring::make_handle(in, wiring::path_spec(path, std::move(options)),
                             {how.transform, how.field, {}}, path);
}

const Value& get(std::string_view name) {
  return wiring::known_handles<with_defaults>::of_this_thread().find(name).get();
}

binding cache(const cache_options& what, const client& in) {
  if (!what.path.empty()) return path_binding(what, in);
  if (what.parameter.empty() && what.parameters.empty() && what.mapping.empty())
    wiring::refuse(
        "ssm::cache() takes exactly one of .parameter, .parameters, .mapping and .path, not "
        "empty.");
  if (!what.recursive || !what.filters.empty())
    wiring::refuse(".recursive and .filters are of a .path, which is not given.");
  auto how = options_of<options>(what);
  how.version = what.version;
  how.label = what.label;
  how.default_value = what.default_value;
  return wiring::make_binding({"ssm::cache()", "parameter", "parameters", what.parameter,
                               what.parameters, what.mapping, what.entry_name, what.prefetch},
                              [&](const std::string& name) { return parameter(name, how, in); });
}

}  // namespace ssm
}  // namespace v0
}  // namespace lambda_cache
