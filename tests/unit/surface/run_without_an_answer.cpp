#include <lambda_cache/lambda_cache.hpp>

int use() {
  return lambda_cache::run([](const lambda_cache::request&) {});
}
