#include <lambda_cache/client.hpp>

#include "wiring/wired_cache.hpp"

#include <utility>

namespace lambda_cache {
inline namespace v0 {

client::client(client_config config)
    : wired_(std::make_shared<wiring::wired_cache>(std::move(config))) {}

client::client(std::shared_ptr<wiring::wired_cache> wired) noexcept : wired_(std::move(wired)) {}

client& client::shared() {
  static auto* const only = new client(wiring::wired_cache::shared());
  return *only;
}

statistics client::stats() const {
  return wired_->stats();
}
std::vector<entry_statistics> client::entries() const {
  return wired_->entry_stats();
}
void client::clear() {
  wired_->clear();
}
void client::reset() {
  wired_->reset();
}

}  // namespace v0
}  // namespace lambda_cache
