// A function that is not always called cannot write to its arguments.
#include <lambda_cache/function.hpp>

const auto f = lambda_cache::memoize([](int& out) { return out = 1; });
