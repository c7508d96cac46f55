#include "wiring/initialization.hpp"

#include <algorithm>
#include <string>

namespace lambda_cache::wiring {

bool is_snap_start(const aws::environment& env) {
  return env("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start";
}

bool prefetches(const aws::environment& env) {
  const auto runtime = env("AWS_LAMBDA_RUNTIME_API");
  return runtime && !runtime->empty() && !is_snap_start(env);
}

bool loads_at_declaration(const aws::environment& env, std::string_view module,
                          std::string_view function, std::optional<bool> wanted) {
  return wanted ? *wanted && !is_snap_start(env)
                : prefetches(env) && is_handler(env, module, function);
}

bool is_handler(const aws::environment& env, std::string_view module, std::string_view function) {
  std::string named = env("_HANDLER").value_or("");
  // "folder/module.function", as the runtime takes it.
  std::ranges::replace(named, '/', '.');
  const std::string_view all = named;
  return all.size() == module.size() + 1 + function.size() && all.starts_with(module) &&
         all.ends_with(function) && all[module.size()] == '.';
}

}  // namespace lambda_cache::wiring
