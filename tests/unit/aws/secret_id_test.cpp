#include "aws/secret_id.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::aws {
namespace {

constexpr const char* arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
constexpr const char* version = "11111111-2222-3333-4444-555555555555";

secret_id parsed(std::string_view text, const std::optional<std::string>& id = {},
                 const std::optional<std::string>& stage = {}) {
  auto found = parse_secret_id(text, id, stage);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : secret_id();
}

std::string refusal(std::string_view text, const std::optional<std::string>& id = {},
                    const std::optional<std::string>& stage = {}) {
  const auto found = parse_secret_id(text, id, stage);
  EXPECT_FALSE(found) << text;
  if (found) return {};
  EXPECT_EQ(found.error().kind, error_kind::invalid_argument);
  return found.error().message;
}

TEST(ParseSecretId, Names) {
  const secret_id found = parsed("/prod/db/conn_string");
  EXPECT_EQ(found.id, "/prod/db/conn_string");
  EXPECT_EQ(found.short_name, "conn_string");
  EXPECT_EQ(found.given_name(), "/prod/db/conn_string");
  EXPECT_EQ(found.region, "");
  EXPECT_EQ(found.locator(), "/prod/db/conn_string");
  EXPECT_EQ(found.selector(), "");
  EXPECT_FALSE(found.pinned());
  EXPECT_EQ(parsed("db").short_name, "db");
  EXPECT_EQ(parsed("aZ0/_+=.@-").short_name, "_+=.@-");
}

TEST(ParseSecretId, NamesThatOtherServicesGive) {
  EXPECT_EQ(parsed("rds!cluster-1a96bebc-86c1-4982").short_name, "rds!cluster-1a96bebc-86c1-4982");
  EXPECT_EQ(parsed("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1-AbCdEf").region,
            "eu-west-1");
}

TEST(ParseSecretId, ANameThatEndsInASlashGivesNoShortName) {
  EXPECT_EQ(parsed("/prod/db/").short_name, "");
}

TEST(ParseSecretId, Arns) {
  const secret_id found = parsed(arn);
  EXPECT_EQ(found.id, arn);
  EXPECT_EQ(found.short_name, "");
  EXPECT_EQ(found.region, "eu-west-1");
  EXPECT_EQ(found.given_name(), "prod/db");
  EXPECT_EQ(parsed("arn:aws:secretsmanager:eu-west-1:123456789012:secret:x.json").given_name(),
            "x.json");
}

TEST(ParseSecretId, Versions) {
  const secret_id pinned = parsed("/db", version);
  EXPECT_TRUE(pinned.pinned());
  EXPECT_EQ(pinned.selector(), "version_id=" + std::string(version));
  EXPECT_EQ(pinned.locator(), "/db#version_id=" + std::string(version));
  const secret_id staged = parsed("/db", {}, "AWSPREVIOUS");
  EXPECT_FALSE(staged.pinned());
  EXPECT_EQ(staged.locator(), "/db#version_stage=AWSPREVIOUS");
  EXPECT_EQ(parsed("/db", {}, "AWSCURRENT").locator(), "/db");
  EXPECT_EQ(parsed("/db", {}, "my stage #1: \xc3\xa9").version_stage, "my stage #1: \xc3\xa9")
      << "the service has no rule for their characters";
  EXPECT_EQ(parsed("/db", std::string(32, 'x')).version_id, std::string(32, 'x'));
  EXPECT_EQ(parsed("/db", std::string(64, 'x')).version_id, std::string(64, 'x'));
  EXPECT_EQ(parsed("/db", {}, std::string(256, 'x')).version_stage, std::string(256, 'x'));
}

TEST(ParseSecretId, WhatCannotBe) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {"a b", "a space"},
      {"a:b", "':'"},
      {"a#b", "'#'"},
      {"a\nb", "a control character"},
      {"p\xc3\xa4ss", "'\xc3\xa4'"},
      {std::string(513, 'a'), "512"},
      {"arn:aws:secretsmanager:eu-west-1", "not a complete ARN"},
      {"arn:aws:ssm:eu-west-1:123456789012:parameter/x", "service 'ssm'"},
      {"arn:aws:secretsmanager:eu-west-1:123456789012:parameter/x", "\"secret:\""},
      {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:", "without a name"},
      {"arn:aws:secretsmanager:eu-west-1:1:secret:x", "12 digits"},
      {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a b", "a space"},
      {std::string(arn) + std::string(2048, 'a'), "2048"},
  };
  for (const auto& [text, said] : cases)
    EXPECT_NE(refusal(text).find(said), std::string::npos) << text << ": " << refusal(text);
  EXPECT_TRUE(parse_secret_id(std::string(512, 'a')));
}

TEST(ParseSecretId, VersionsThatCannotBe) {
  EXPECT_NE(refusal("/db", "").find("version_id is empty"), std::string::npos);
  EXPECT_NE(refusal("/db", {}, "").find("version_stage is empty"), std::string::npos);
  EXPECT_NE(refusal("/db", version, "AWSPREVIOUS").find("give one"), std::string::npos);
  EXPECT_NE(refusal("/db", version, "AWSCURRENT").find("give one"), std::string::npos);
  EXPECT_NE(refusal("/db", std::string(31, 'x')).find("32 to 64"), std::string::npos);
  EXPECT_NE(refusal("/db", std::string(65, 'x')).find("32 to 64"), std::string::npos);
  EXPECT_NE(refusal("/db", std::string(32, '\n')).find("version_id="), std::string::npos);
  EXPECT_NE(refusal("/db", {}, std::string(257, 'x')).find("256"), std::string::npos);
  EXPECT_NE(refusal("/db", {}, "a\xff").find("version_stage="), std::string::npos);
}

TEST(SplitSecretLocator, GivesBackWhatItWasMadeFrom) {
  const secret_version plain = split_secret_locator("/db");
  EXPECT_EQ(plain.id, "/db");
  EXPECT_EQ(plain.version_id, "");
  EXPECT_EQ(plain.version_stage, "");
  const std::string pinned = parsed(arn, version).locator();
  EXPECT_EQ(split_secret_locator(pinned).id, arn);
  EXPECT_EQ(split_secret_locator(pinned).version_id, version);
  const std::string staged = parsed("/db", {}, "a#version_id=b").locator();
  EXPECT_EQ(split_secret_locator(staged).id, "/db");
  EXPECT_EQ(split_secret_locator(staged).version_id, "");
  EXPECT_EQ(split_secret_locator(staged).version_stage, "a#version_id=b");
}

}  // namespace
}  // namespace lambda_cache::aws
