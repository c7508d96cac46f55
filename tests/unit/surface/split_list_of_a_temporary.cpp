#include <lambda_cache/lambda_cache.hpp>

auto use(const lambda_cache::handle& var) {
  return var.copy().list('/');
}
