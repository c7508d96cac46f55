#include "net/connection_pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace lambda_cache::net {
namespace {

// Beyond this, places without idle connections are forgotten.
constexpr std::size_t many_places = 64;

}  // namespace

const connection_pool::place* connection_pool::find(const route& along) const noexcept {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const place& one) { return one.along == along; });
  return found == places_.end() ? nullptr : &*found;
}

connection_pool::place* connection_pool::find(const route& along) noexcept {
  return const_cast<place*>(std::as_const(*this).find(along));
}

connection_pool::place& connection_pool::find_or_add(const route& along) {
  if (auto* known = find(along)) return *known;
  if (places_.size() >= many_places) {
    std::erase_if(places_, [](const place& one) { return one.idle.empty(); });
  }
  return places_.emplace_back(along, std::vector<idle_connection>{}, nullptr, false);
}

void connection_pool::sweep() {
  const auto wall = core::coarse_wall();
  const auto mono = core::coarse_mono();
  const core::nanos limit = std::chrono::nanoseconds(settings_.max_idle_age).count();
  for (auto& one : places_) {
    std::erase_if(one.idle, [&](const idle_connection& idle) {
      // A freeze may stop the monotonic clock, and somebody may set the wall clock back.
      return std::max(wall - idle.wall, mono - idle.mono) >= limit || wall < idle.wall;
    });
  }
}

std::unique_ptr<connection> connection_pool::take(const route& along) {
  sweep();
  auto* known = find(along);
  if (known == nullptr) return nullptr;
  while (!known->idle.empty()) {
    auto link = std::move(known->idle.back().link);
    known->idle.pop_back();
    if (link->is_quiet()) return link;
  }
  return nullptr;
}

void connection_pool::put(std::unique_ptr<connection> idle, unsigned epoch) noexcept {
  if (epoch != epoch_) return;
  try {
    auto& home = find_or_add(idle->along());
    if (auto session = idle->take_session()) home.session = std::move(session);
    sweep();
    if (!idle->reusable() || settings_.max_idle_per_origin == 0) return;
    if (home.idle.size() >= settings_.max_idle_per_origin) home.idle.erase(home.idle.begin());
    home.idle.push_back({std::move(idle), core::coarse_wall(), core::coarse_mono()});
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the next call opens another
  }
}

void connection_pool::drop(const route& along) {
  if (auto* known = find(along)) known->idle.clear();
}

void connection_pool::drop_all() {
  ++epoch_;
  places_.clear();
}

bool connection_pool::needs_system_store(const route& along) const noexcept {
  const auto* known = find(along);
  return known != nullptr && known->needs_system_store;
}

void connection_pool::set_needs_system_store(const route& along) {
  auto& known = find_or_add(along);
  known.needs_system_store = true;
  known.session.reset();
}

SSL_SESSION* connection_pool::session(const route& along) const noexcept {
  const auto* known = find(along);
  return known != nullptr ? known->session.get() : nullptr;
}

void connection_pool::forget_session(const route& along) {
  if (auto* known = find(along)) known->session.reset();
}

}  // namespace lambda_cache::net
