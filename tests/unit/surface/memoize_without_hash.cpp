// A key needs a hash.
#include <lambda_cache/function.hpp>

struct point {
  int x;
};

const auto f = lambda_cache::memoize([](point p) { return p.x; });
