// The C++ front door: objects.
#include <lambda_cache/s3.hpp>

#include "wiring/front_door.hpp"
#include "wiring/known_handles.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache {
inline namespace v0 {
namespace s3 {
namespace {

handle with_defaults(std::string_view uri) {
  return object(uri);
}

}  // namespace

handle object(std::string_view uri, const options& how, const client& in) {
  const auto view = wiring::make_view(wiring::view_of(how), uri);
  if (!view) throw error(view.error());
  wiring::entry_options options = wiring::common_options(how);
  options.version_id = how.version_id;
  // A path is nothing to look at.
  options.as_bytes = how.as_bytes || view->how != transform::none;
  if (!options.as_bytes || how.as_bytes) options.file_name = how.file_name;
  options.progress = how.progress;
  return wiring::make_handle(in, wiring::object_spec(uri, std::move(options)), *view, uri);
}

const Value& get(std::string_view uri) {
  return wiring::known_handles<with_defaults>::of_this_thread().find(uri).get();
}

binding cache(const cache_options& what, const client& in) {
  const options common{.max_age = what.max_age,
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
                       .as_bytes = what.as_bytes,
                       .transform = what.transform,
                       .field = what.field,
                       .default_value = what.default_value,
                       .progress = what.progress};
  return wiring::make_binding({"s3::cache()", "uri", "uris", what.uri, what.uris, what.mapping,
                               what.entry_name, what.prefetch},
                              [&](const std::string& uri) {
                                options how = common;
                                if (!what.as_bytes) {
                                  if (&uri == &what.uri && !what.entry_name.empty())
                                    how.file_name = what.entry_name;
                                  const auto alias = std::ranges::find_if(
                                      what.mapping,
                                      [&](const auto& each) { return &each.second == &uri; });
                                  if (alias != what.mapping.end()) how.file_name = alias->first;
                                }
                                return object(uri, how, in);
                              });
}

}  // namespace s3
}  // namespace v0
}  // namespace lambda_cache
