#include <lambda_cache/context.hpp>

#include "core/invocation.hpp"

#include <memory>
#include <new>

namespace lambda_cache {
inline namespace v0 {
namespace {

using inner_scope = core::invocation_scope;

inner_scope* inner_of(std::byte* storage) noexcept {
  return std::launder(reinterpret_cast<inner_scope*>(storage));
}

core::deadline on_steady_clock(std::chrono::system_clock::time_point deadline) noexcept {
  // The ends of time stand for "no limit" and "over"; arithmetic with them overflows.
  if (deadline == std::chrono::system_clock::time_point::max()) return core::no_deadline;
  const auto wall = std::chrono::system_clock::now();
  const auto now = std::chrono::steady_clock::now();
  return deadline <= wall ? now : now + (deadline - wall);
}

}  // namespace

invocation_scope::invocation_scope(
    std::optional<std::chrono::system_clock::time_point> deadline) noexcept
    : is_open_(deadline.has_value()) {
  static_assert(sizeof(inner_scope) <= sizeof(inner_) &&
                alignof(inner_scope) <= alignof(std::int64_t));
  if (is_open_) ::new (static_cast<void*>(inner_)) inner_scope(on_steady_clock(*deadline));
}

invocation_scope::~invocation_scope() {
  if (is_open_) std::destroy_at(inner_of(inner_));
}

}  // namespace v0
}  // namespace lambda_cache
