#include "sources/file_names.hpp"

#include "aws/text.hpp"

namespace lambda_cache::sources {

file_names& file_names::shared() {
  static auto* const only = new file_names();
  return *only;
}

core::result<void> file_names::claim(const std::string& path, const std::string& owner,
                                     const std::string& uri) {
  const core::lock_guard lock(mutex_);
  const auto [at, is_new] = held_.try_emplace(path, holder{owner, uri});
  if (is_new || at->second.owner == owner) return {};
  const bool same = at->second.uri == uri;
  return core::fail(core::make_error(
      error_kind::invalid_argument,
      "The file " + aws::text::quoted(path) + " is that of " + at->second.uri + " already" +
          (same ? " (with another version, region, endpoint or role)" : "") +
          "; it cannot be that of " + (same ? "this one" : uri) +
          " too. Give one of them another entry_name."));
}

void file_names::clear() {
  const core::lock_guard lock(mutex_);
  held_.clear();
}

}  // namespace lambda_cache::sources
