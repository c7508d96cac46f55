#include "core/invocation.hpp"

namespace lambda_cache::core {
namespace {
constinit thread_local deadline current = no_deadline;
}

deadline invocation_deadline() noexcept {
  return current;
}

invocation_scope::invocation_scope(deadline until) noexcept : outer_(current) {
  current = until;
}

invocation_scope::~invocation_scope() {
  current = outer_;
}

}  // namespace lambda_cache::core
