// SSM as the tests want it: parameters, refusals and delays under the test's control, over HTTP.
#pragma once

#include "support/fake_service.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace lambda_cache::test {

class fake_ssm final : public fake_service {
 public:
  fake_ssm();
  ~fake_ssm() override { stop(); }

  void put(const std::string& name, const std::string& value, const std::string& type = "String");
  /// How many parameters a page of GetParametersByPath has; the token is the number of the next
  /// one.
  void page_size(std::size_t parameters);

 private:
  reply answer(const call& asked) override;
  [[nodiscard]] reply answer_by_path(const call& asked) const;
  std::string parameter_json(const std::string& name) const;

  struct stored {
    std::string value;
    std::string type;
    int version = 0;
  };
  std::map<std::string, stored> parameters_;
  std::size_t page_size_ = 10;
};

}  // namespace lambda_cache::test
