// A handler's context has no arguments to give.
#include <lambda_cache/function.hpp>

const auto b = lambda_cache::function::cache([](int n) { return n; }, {.entry_name = "n"});
