#include <lambda_cache/lambda_cache.hpp>

#include <iostream>

namespace lc = lambda_cache;

int main(int, char** arguments) {
  const lc::client client({.region = "eu-west-1", .endpoint_url = arguments[1]});
  const auto var = lc::ssm::parameter("/app/var", {}, client);
  for (int i = 0; i < 3; ++i) {
    std::cout << var.get().text() << '\n';
  }
}
