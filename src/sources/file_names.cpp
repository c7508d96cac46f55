#include "sources/file_names.hpp"

#include "aws/text.hpp"

namespace lambda_cache::sources {

file_names& file_names::shared() {
  static auto* const only = new file_names();
  return *only;
}

core::result<void> file_names::claim(const std::string& file, const owner& by) {
  const core::lock_guard lock(mutex_);
  const auto [at, is_new] = held_.try_emplace(file, by);
  const owner& holder = at->second;
  const bool same_client = holder.client == by.client;
  if (is_new || (same_client && holder.content == by.content)) return {};
  const bool same_uri = holder.uri == by.uri;
  std::string message = "The file " + aws::text::quoted(file) + " is that of " + holder.uri;
  if (!same_client)
    message += " in another client";
  else if (same_uri)
    message += " (with another version, region, endpoint, role or session)";
  message += " already; it cannot be that of ";
  message += same_uri && same_client ? "this one" : by.uri;
  if (!same_client) message += " in this client";
  return core::fail(
      core::make_error(error_kind::invalid_argument,
                       std::move(message) + " too. Give one of them another entry_name."));
}

void file_names::release(const void* client) noexcept {
  const core::lock_guard lock(mutex_);
  std::erase_if(held_, [client](const auto& each) { return each.second.client == client; });
}

}  // namespace lambda_cache::sources
