#include "aws/redact.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lambda_cache::aws {
namespace {

TEST(ShowableOutput, HidesSecretKeysAndNothingElse) {
  const std::string key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYhunter2KEY";
  const std::pair<std::string, std::string> cases[] = {
      {key, "***"},
      {"SECRET=" + key + " x", "SECRET=*** x"},
      {R"({"SecretAccessKey":")" + key + "\"}", R"({"SecretAccessKey":"***"})"},
      {"AKIAIOSFODNN7EXAMPLE", "***"},
      {"a" + key, "a" + key},
      {key.substr(1), key.substr(1)},
      {"da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"no login", "no login"},
  };
  for (const auto& [output, shown] : cases)
    EXPECT_EQ(showable_output(output), shown);
  EXPECT_EQ(showable_message("/a/" + key), "/a/" + key) << "services do not send any";
}

}  // namespace
}  // namespace lambda_cache::aws
