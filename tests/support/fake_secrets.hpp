// Secrets Manager as the tests want it: secrets with versions and stages, refusals, short answers.
#pragma once

#include "support/fake_service.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::test {

class fake_secrets final : public fake_service {
 public:
  fake_secrets();
  ~fake_secrets() override { stop(); }

  /// A new version, which is AWSCURRENT from now on; the one before is AWSPREVIOUS. Returns its id.
  std::string put(const std::string& name, const std::string& value);
  /// The same for bytes, given as base64.
  std::string put_binary(const std::string& name, const std::string& base64);
  /// The secret rotates next at that moment, in Unix seconds.
  void rotates_at(const std::string& name, std::int64_t when);
  /// Schedules its deletion: it is described still, and not read.
  void remove(const std::string& name);
  /// BatchGetSecretValue answers no more than this many, and a NextToken.
  void page(std::size_t size);

  [[nodiscard]] static std::string arn_of(const std::string& name) {
    return "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + name + "-AbCdEf";
  }

 private:
  struct stored {
    std::string id;
    std::string member;  // "SecretString":"...", as JSON
  };
  using versions = std::vector<stored>;  // oldest first

  reply answer(const call& asked) override;
  reply answer_batch(const call& asked) const;
  [[nodiscard]] std::string describe(const std::string& name) const;
  std::string add(const std::string& name, const std::string& member);
  /// The name that an id, an ARN or the begin of one stands for; empty: there is none.
  [[nodiscard]] std::string name_of(const std::string& id) const;
  [[nodiscard]] static std::string json_of(const std::string& name, const stored& version);

  std::map<std::string, versions> secrets_;
  std::map<std::string, std::int64_t> next_rotations_;
  std::set<std::string> removed_;
  std::size_t page_ = 20;
};

}  // namespace lambda_cache::test
