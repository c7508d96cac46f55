// SSM as the tests want it: parameters, refusals and delays under the test's control, over HTTP.
#pragma once

#include "support/fake_service.hpp"

#include <map>
#include <string>

namespace lambda_cache::test {

class fake_ssm final : public fake_service {
 public:
  fake_ssm();
  ~fake_ssm() override { stop(); }

  void put(const std::string& name, const std::string& value, const std::string& type = "String");

 private:
  reply answer(const call& asked) override;
  std::string parameter_json(const std::string& name) const;

  struct stored {
    std::string value;
    std::string type;
    int version = 0;
  };
  std::map<std::string, stored> parameters_;
};

}  // namespace lambda_cache::test
