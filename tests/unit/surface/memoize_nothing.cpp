// There has to be something to keep.
#include <lambda_cache/function.hpp>

const auto f = lambda_cache::memoize([](int) {});
