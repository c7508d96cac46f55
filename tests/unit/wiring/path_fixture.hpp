// Paths of a fake SSM, and the tokens that its pages were asked with.
#pragma once

#include "wired_fixture.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::test {

using strings = std::vector<std::string>;
using names = std::vector<std::string_view>;

class path_test : public wired_fixture {
 protected:
  void put_many(int count) {
    for (int i = 0; i < count; ++i)
      ssm_.put("/app/" + std::to_string(1000 + i), "value " + std::to_string(i));
  }
  /// The tokens that were asked with.
  [[nodiscard]] strings tokens() const {
    strings out;
    for (const auto& call : ssm_.calls())
      out.push_back(call.token);
    return out;
  }
  void refuse_token_once(const std::string& token, const std::string& code) {
    ssm_.intercept(
        [token, code, done = std::make_shared<bool>(false)](const fake_ssm::call& asked) {
          if (asked.token != token || std::exchange(*done, true)) return fake_ssm::reply{};
          return fake_ssm::reply{400, error_body(code, "no"), {}};
        });
  }
};

}  // namespace lambda_cache::test
