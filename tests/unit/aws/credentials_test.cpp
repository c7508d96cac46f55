#include "aws/credentials.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

using variables = std::map<std::string, std::string, std::less<>>;

environment in(variables set) {
  return [set = std::move(set)](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
}

std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(CredentialsFromEnvironment, ReadsAllThree) {
  const auto keys = credentials_from_environment(in({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                                     {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                     {"AWS_SESSION_TOKEN", "token"}}));
  ASSERT_TRUE(keys && *keys);
  EXPECT_EQ((*keys)->access_key_id, "AKIDEXAMPLE");
  EXPECT_EQ(text((*keys)->secret_access_key), "secret");
  EXPECT_EQ(text((*keys)->session_token), "token");
  EXPECT_EQ((*keys)->expiration, std::nullopt);
}

TEST(CredentialsFromEnvironment, NeedsNoToken) {
  const auto keys = credentials_from_environment(
      in({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "secret"}}));
  ASSERT_TRUE(keys && *keys);
  EXPECT_TRUE((*keys)->session_token.empty());
}

TEST(CredentialsFromEnvironment, FindsNothing) {
  const auto none = credentials_from_environment(in({{"AWS_SESSION_TOKEN", "token"}}));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const auto empty =
      credentials_from_environment(in({{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}}));
  ASSERT_TRUE(empty);
  EXPECT_FALSE(*empty);
}

TEST(CredentialsFromEnvironment, RefusesHalves) {
  const auto no_secret = credentials_from_environment(in({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}}));
  ASSERT_FALSE(no_secret);
  EXPECT_EQ(no_secret.error().kind, error_kind::credentials);
  EXPECT_EQ(no_secret.error().message.find("AKIDEXAMPLE"), std::string::npos);
  const auto no_id =
      credentials_from_environment(in({{"AWS_SECRET_ACCESS_KEY", "canary-hunter2"}}));
  ASSERT_FALSE(no_id);
  EXPECT_EQ(no_id.error().message.find("canary-hunter2"), std::string::npos);
}

TEST(CredentialsFromEnvironment, RefusesLineBreaksWithoutRepeatingThem) {
  for (const std::string_view name :
       {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    variables set = {{"AWS_ACCESS_KEY_ID", "canary-hunter2"},
                     {"AWS_SECRET_ACCESS_KEY", "canary-hunter2"},
                     {"AWS_SESSION_TOKEN", "canary-hunter2"}};
    set.find(name)->second += "\r\nX-Injected: 1";
    const auto keys = credentials_from_environment(in(set));
    ASSERT_FALSE(keys) << name;
    EXPECT_EQ(keys.error().kind, error_kind::credentials);
    EXPECT_NE(keys.error().message.find(name), std::string::npos);
    EXPECT_EQ(keys.error().message.find("canary-hunter2"), std::string::npos);
  }
}

TEST(ContainerFromEnvironment, FindsNothing) {
  const auto source = container_from_environment(
      in({{"AWS_CONTAINER_AUTHORIZATION_TOKEN", "t"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI", ""}}));
  ASSERT_TRUE(source);
  EXPECT_FALSE(*source);
}

TEST(ContainerFromEnvironment, PrefersTheRelativeUri) {
  const auto source = container_from_environment(
      in({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials?id=1"},
          {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x"}}));
  ASSERT_TRUE(source && *source);
  EXPECT_FALSE((*source)->tls);
  EXPECT_EQ((*source)->host, "169.254.170.2");
  EXPECT_EQ((*source)->port, 80);
  EXPECT_EQ((*source)->target, "/v2/credentials?id=1");
  EXPECT_TRUE((*source)->authorization.empty());
}

TEST(ContainerFromEnvironment, TakesTheFullUriOfSnapStart) {
  const auto source = container_from_environment(
      in({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9001/2021-04-23/credentials"},
          {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "token"}}));
  ASSERT_TRUE(source && *source);
  EXPECT_EQ((*source)->host, "127.0.0.1");
  EXPECT_EQ((*source)->port, 9001);
  EXPECT_EQ((*source)->target, "/2021-04-23/credentials");
  EXPECT_EQ(text((*source)->authorization), "token");
}

TEST(ContainerFromEnvironment, PrefersTheTokenFile) {
  const auto source = container_from_environment(
      in({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
          {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "token\n"},
          {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token"}}));
  ASSERT_TRUE(source && *source);
  EXPECT_EQ((*source)->authorization_file, "/var/run/token");
  EXPECT_TRUE((*source)->authorization.empty());
}

TEST(ContainerFromEnvironment, AsksKnownHostsOnly) {
  const auto source_of = [](const std::string& uri) {
    return container_from_environment(in({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri},
                                          {"AWS_LAMBDA_RUNTIME_API", "169.254.100.1:9001"}}));
  };
  for (const std::string_view good :
       {"https://example.com/x?y=z", "http://localhost/", "http://127.8.8.8:1/x", "http://[::1]",
        "http://169.254.170.2/x", "http://169.254.170.23/x", "http://[fd00:ec2:0:0::23]/x",
        "http://169.254.100.1/2021-04-23/credentials"}) {
    const auto source = source_of(std::string(good));
    ASSERT_TRUE(source && *source) << good;
  }
  EXPECT_EQ((*source_of("https://example.com?y"))->target, "/?y");
  EXPECT_EQ((*source_of("https://example.com"))->port, 443);
  for (const std::string_view bad : {"http://example.com/x", "http://169.254.169.254/latest",
                                     "http://[fd00:ec2::254]/", "http://127.0.0.1.example.com/",
                                     "/relative", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/"}) {
    const auto source = source_of(std::string(bad));
    ASSERT_FALSE(source) << bad;
    EXPECT_EQ(source.error().kind, error_kind::credentials);
    EXPECT_NE(source.error().message.find("AWS_CONTAINER_CREDENTIALS_FULL_URI"), std::string::npos);
  }
}

TEST(ContainerFromEnvironment, DoesNotTakeAMissingRuntimeApiForAHost) {
  EXPECT_FALSE(container_from_environment(
      in({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"}})));
  EXPECT_FALSE(
      container_from_environment(in({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"},
                                     {"AWS_LAMBDA_RUNTIME_API", "not a host"}})));
}

TEST(ContainerFromEnvironment, RefusesWhatIsNoPathOrHeader) {
  for (const std::string_view wrong : {"v2/credentials", "/a b", "/a\r\nX: y"}) {
    const auto source = container_from_environment(
        in({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", std::string(wrong)}}));
    ASSERT_FALSE(source) << wrong;
    EXPECT_EQ(source.error().kind, error_kind::credentials);
  }
  const auto source = container_from_environment(
      in({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"},
          {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary-hunter2\r\nX: y"}}));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().message.find("canary-hunter2"), std::string::npos);
}

TEST(ParseContainerCredentials, ReadsKeys) {
  const auto keys = parse_container_credentials(
      R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s+/=","Token":"t","Expiration":
          "2015-08-30T12:36:00Z","RoleArn":"r","AccountId":"1"})");
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->access_key_id, "ASIA1");
  EXPECT_EQ(text(keys->secret_access_key), "s+/=");
  EXPECT_EQ(text(keys->session_token), "t");
  EXPECT_EQ(keys->expiration, 1'440'938'160);
}

TEST(ParseContainerCredentials, NeedsNeitherTokenNorExpiration) {
  const auto keys =
      parse_container_credentials(R"({"AccessKeyId":"a","SecretAccessKey":"s","Token":null})");
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->session_token.empty());
  EXPECT_EQ(keys->expiration, std::nullopt);
}

TEST(ParseContainerCredentials, SaysWhatIsWrongWithoutTheKeys) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[]", "no AccessKeyId"},
      {"{}", "no AccessKeyId"},
      {R"({"AccessKeyId":"","SecretAccessKey":"canary-hunter2"})", "no AccessKeyId"},
      {R"({"AccessKeyId":"canary-hunter2"})", "no SecretAccessKey"},
      {R"({"AccessKeyId":"canary-hunter2","SecretAccessKey":7})", "no SecretAccessKey"},
      {R"({"code":"NoRole","message":"canary-hunter2"})", "'NoRole'"},
      {R"({"Code":"AssumeRoleUnauthorizedAccess"})", "'AssumeRoleUnauthorizedAccess'"},
      {R"({"AccessKeyId":"canary-hunter2","SecretAccessKey":"canary-hunter2","Expiration":"soon"})",
       "Expiration"},
      {R"({"AccessKeyId":"canary-hunter2","SecretAccessKey":"canary-hunter2","Expiration":5})",
       "Expiration"},
      {R"({"AccessKeyId":"canary-hunter2","SecretAccessKey":"canary-hunter2","Token":"canary-hunter2\r\n"})",
       "control characters"},
  };
  for (const auto& [json, reason] : cases) {
    const auto keys = parse_container_credentials(json);
    ASSERT_FALSE(keys) << json;
    EXPECT_EQ(keys.error().kind, error_kind::credentials);
    EXPECT_NE(keys.error().message.find(reason), std::string::npos) << keys.error().message;
    EXPECT_EQ(keys.error().message.find("canary-hunter2"), std::string::npos);
  }
}

TEST(ParseContainerCredentials, TakesBrokenJsonForPassing) {
  const auto keys = parse_container_credentials(R"({"AccessKeyId":"canary-hunter2")");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, error_kind::protocol);
  EXPECT_TRUE(keys.error().retryable);
  EXPECT_EQ(keys.error().message.find("canary-hunter2"), std::string::npos);
}

}  // namespace
}  // namespace lambda_cache::aws
