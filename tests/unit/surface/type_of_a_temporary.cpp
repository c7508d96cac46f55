#include <lambda_cache/lambda_cache.hpp>

auto use() {
  return lambda_cache::Value().type();
}
