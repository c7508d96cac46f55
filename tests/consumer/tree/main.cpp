#include <lambda_cache/lambda_cache.hpp>

namespace lc = lambda_cache;

static_assert(__cplusplus < 202300L, "the library must not raise its users' language level");

int main() {
  return lc::run(lc::with(lc::ssm::cache({.parameter = "/app/var"}))(
      [](const lc::request&, lc::Context& context) { return std::string(context.text("var")); }));
}
