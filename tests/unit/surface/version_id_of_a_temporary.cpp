#include <lambda_cache/lambda_cache.hpp>

auto use(const lambda_cache::handle& secret) {
  return secret.copy().version_id();
}
