// Where credentials come from, as the services see it: files in a home directory, scripted STS, SSO
// and instance metadata.
#include "net/resolver.hpp"
#include "support/fake_endpoint.hpp"
#include "support/temporary_home.hpp"
#include "wired_fixture.hpp"

#include <thread>
#include <time.h>
#include <utility>

namespace lambda_cache::test {
namespace {

constexpr const char* role_arn = "arn:aws:iam::123456789012:role/reader";

std::string date_in(std::int64_t seconds) {
  const std::time_t when = core::coarse_wall() / core::second + seconds;
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  char text[64];
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string sts_refusal(const std::string& code) {
  return "<ErrorResponse><Error><Code>" + code +
         "</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>";
}

class credentials_test : public wired_fixture {
 protected:
  credentials_test() {
    env_.erase("AWS_ACCESS_KEY_ID");
    env_.erase("AWS_SECRET_ACCESS_KEY");
    env_["HOME"] = home_.path();
    env_["AWS_ENDPOINT_URL_STS"] = sts_.url();
    env_["AWS_ENDPOINT_URL_SSO"] = sso_.url();
    ssm_.put("/app/var", "x");
    sts_.answer_with([this](const std::string& request) { return assume(request); });
  }

  /// STS hands out ASSUMED1, ASSUMED2, ... for an hour.
  fake_endpoint::reply assume(const std::string& request) {
    const std::string operation = contains(request, "Action=AssumeRoleWithWebIdentity")
                                      ? "AssumeRoleWithWebIdentity"
                                      : "AssumeRole";
    return {200, "<" + operation + "Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><" +
                     operation + "Result><Credentials><AccessKeyId>ASSUMED" +
                     std::to_string(++given_) +
                     "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
                     "</SessionToken><Expiration>" +
                     date_in(lifetime_) + "</Expiration></Credentials></" + operation +
                     "Result></" + operation + "Response>"};
  }

  handle open_as(const aws::role_settings& role, const std::string& name = "/app/var") {
    auto spec = wiring::parameter_spec(name, {.role = role});
    if (!spec) throw error(spec.error());
    return handle(
        std::make_shared<wiring::handle_state>(cache_ptr(), *spec, wiring::view_options{}, name));
  }

  [[nodiscard]] std::string last_key() const { return ssm_.calls().back().key_id; }

  void use_environment_keys() {
    env_["AWS_ACCESS_KEY_ID"] = "AKID";
    env_["AWS_SECRET_ACCESS_KEY"] = "s";
  }

  temporary_home home_;
  std::atomic<int> given_{0};
  std::atomic<std::int64_t> lifetime_{3600};
  fake_endpoint sts_;
  fake_endpoint sso_;
};

TEST_F(credentials_test, a_profile_gives_keys_and_region) {
  env_.erase("AWS_REGION");
  env_["AWS_PROFILE"] = "p";
  home_.write(".aws/config", "[profile p]\nregion = us-east-2\n");
  home_.write(".aws/credentials", "[p]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n");
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "AKIDFILE");
  EXPECT_EQ(ssm_.calls().back().region, "us-east-2");
}

TEST_F(credentials_test, roles_are_assumed_through_the_proxy) {
  use_environment_keys();
  env_["AWS_ENDPOINT_URL_STS"] = "http://sts.test.invalid";
  env_["HTTP_PROXY"] = sts_.url();
  EXPECT_EQ(text(open_as({.role_arn = role_arn})), "x");
  EXPECT_EQ(last_key(), "ASSUMED1");
  ASSERT_EQ(sts_.count(), 1U);
  EXPECT_TRUE(sts_.requests()[0].starts_with("POST http://sts.test.invalid/ HTTP/1.1\r\n"));
}

TEST_F(credentials_test, reset_reads_the_files_anew) {
  const std::string path = home_.write(
      ".aws/credentials", "[default]\naws_access_key_id=ONE\naws_secret_access_key=s\n");
  EXPECT_EQ(text(open("/app/var")), "x");
  home_.write(".aws/credentials", "[default]\naws_access_key_id=TWO\naws_secret_access_key=s\n");
  EXPECT_EQ(refreshed(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "ONE") << "what was chosen stays";
  cache().reset();
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "TWO");
}

TEST_F(credentials_test, expired_keys_of_a_file_are_read_anew) {
  home_.write(".aws/credentials", "[default]\naws_access_key_id=ONE\naws_secret_access_key=s\n");
  ssm_.intercept([this](const fake_ssm::call& asked) {
    if (asked.key_id != "ONE") return fake_ssm::reply{};
    home_.write(".aws/credentials", "[default]\naws_access_key_id=TWO\naws_secret_access_key=s\n");
    return fake_ssm::reply{400, error_body("ExpiredTokenException", "expired"), {}};
  });
  EXPECT_EQ(text(open("/app/var", {.max_attempts = 1})), "x");
  EXPECT_EQ(last_key(), "TWO");
}

TEST_F(credentials_test, a_broken_file_is_named) {
  home_.write(".aws/config", "canary-hunter2\n");
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_TRUE(contains(why.message, "/.aws/config")) << why.message;
  EXPECT_FALSE(contains(why.message, "canary-hunter2"));
}

TEST_F(credentials_test, web_identity_is_exchanged_without_a_signature) {
  env_["AWS_WEB_IDENTITY_TOKEN_FILE"] = home_.write("token", "the.token\n");
  env_["AWS_ROLE_ARN"] = role_arn;
  env_["AWS_LAMBDA_FUNCTION_NAME"] = "orders";
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "ASSUMED1");
  ASSERT_EQ(sts_.count(), 1U);
  const std::string asked = sts_.requests().front();
  EXPECT_FALSE(contains(asked, "Authorization")) << asked;
  EXPECT_TRUE(contains(asked, "WebIdentityToken=the.token")) << asked;
  EXPECT_TRUE(contains(asked, "RoleSessionName=lambda-cache-orders")) << asked;
}

TEST_F(credentials_test, a_renewed_web_identity_reads_its_token_anew) {
  env_["AWS_WEB_IDENTITY_TOKEN_FILE"] = home_.write("token", "one");
  env_["AWS_ROLE_ARN"] = role_arn;
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  home_.write("token", "two");
  pass(3600 * core::second);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "ASSUMED2");
  EXPECT_TRUE(contains(sts_.requests().back(), "WebIdentityToken=two"));
}

TEST_F(credentials_test, a_missing_web_identity_token_is_named) {
  env_["AWS_WEB_IDENTITY_TOKEN_FILE"] = home_.path() + "/nothing";
  env_["AWS_ROLE_ARN"] = role_arn;
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_TRUE(contains(why.message, "web identity token file " + home_.path() + "/nothing"));
  EXPECT_EQ(sts_.count(), 0U);
}

TEST_F(credentials_test, profiles_assume_roles_one_with_the_other) {
  home_.write(".aws/config",
              "[default]\nrole_arn = arn:aws:iam::1:role/outer\nsource_profile = inner\n"
              "external_id = e1\n[profile inner]\nrole_arn = arn:aws:iam::1:role/inner\n"
              "source_profile = base\nduration_seconds = 900\nrole_session_name = me\n");
  home_.write(".aws/credentials", "[base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=s\n");
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "ASSUMED2");
  ASSERT_EQ(sts_.count(), 2U);
  const auto asked = sts_.requests();
  EXPECT_TRUE(contains(asked[0], "Credential=AKIDBASE/")) << asked[0];
  EXPECT_TRUE(contains(asked[0], "/eu-west-1/sts/aws4_request"));
  EXPECT_TRUE(contains(asked[0], "role%2Finner&RoleSessionName=me&DurationSeconds=900"));
  EXPECT_TRUE(contains(asked[1], "Credential=ASSUMED1/")) << asked[1];
  EXPECT_TRUE(contains(asked[1], "ExternalId=e1"));
}

TEST_F(credentials_test, an_entry_with_a_role_and_a_plain_one_never_meet) {
  use_environment_keys();
  ssm_.intercept([](const fake_ssm::call& asked) {
    const std::string whose = asked.key_id == "AKID" ? "mine" : "theirs";
    return fake_ssm::reply{200,
                           R"({"Parameter":{"Name":"/app/var","Type":"String","Value":")" + whose +
                               R"(","Version":1}})",
                           {}};
  });
  const handle plain = open("/app/var");
  const handle assumed = open_as({.role_arn = role_arn});
  const handle external = open_as({.role_arn = role_arn, .external_id = "e1"});
  EXPECT_EQ(text(plain), "mine");
  EXPECT_EQ(text(assumed), "theirs");
  EXPECT_EQ(text(plain), "mine");
  ASSERT_EQ(sts_.count(), 1U);
  EXPECT_TRUE(contains(sts_.requests()[0], "Credential=AKID/"));
  EXPECT_EQ(text(external), "theirs");
  EXPECT_EQ(sts_.count(), 2U);
  EXPECT_EQ(ssm_.call_count(), 3U);
  EXPECT_EQ(cache().stats().entries, 3U);
}

TEST_F(credentials_test, each_session_of_a_role_reads_in_its_own_name) {
  use_environment_keys();
  const handle unnamed = open_as({.role_arn = role_arn});
  const handle one = open_as({.role_arn = role_arn, .session_name = "one"});
  const handle two = open_as({.role_arn = role_arn, .session_name = "two"});
  std::size_t assumed = 0;
  for (const auto& [each, name] : {std::pair(&unnamed, "lambda-cache-session"),
                                   std::pair(&one, "one"), std::pair(&two, "two")}) {
    EXPECT_EQ(text(*each), "x");
    ASSERT_EQ(sts_.count(), ++assumed);
    EXPECT_TRUE(contains(sts_.requests().back(), "RoleSessionName=" + std::string(name)));
    EXPECT_EQ(last_key(), "ASSUMED" + std::to_string(assumed));
  }
  EXPECT_EQ(text(open_as({.role_arn = role_arn, .session_name = "two"})), "x");
  EXPECT_EQ(ssm_.call_count(), 3U);
  EXPECT_EQ(cache().stats().entries, 3U);
}

TEST_F(credentials_test, concurrent_reads_share_one_assumption) {
  use_environment_keys();
  std::vector<handle> handles;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "/app/" + std::to_string(i);
    ssm_.put(name, "v");
    handles.push_back(open_as({.role_arn = role_arn}, name));
  }
  std::vector<std::thread> readers;
  for (const handle& each : handles)
    readers.emplace_back([&each] { EXPECT_EQ(text(each), "v"); });
  for (std::thread& each : readers)
    each.join();
  EXPECT_EQ(sts_.count(), 1U);
}

TEST_F(credentials_test, a_refused_role_names_role_operation_and_fix) {
  use_environment_keys();
  sts_.answer_with(
      [](const auto&) { return fake_endpoint::reply{403, sts_refusal("AccessDenied")}; });
  const error_info why = failure_of(open_as({.role_arn = role_arn}));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_EQ(why.service, "sts");
  EXPECT_EQ(why.operation, "AssumeRole");
  EXPECT_EQ(why.code, "AccessDenied");
  for (const std::string_view part :
       {role_arn, "sts:AssumeRole", "trust policy", "environment", "/app/var"})
    EXPECT_TRUE(contains(why.message, part)) << part << ": " << why.message;
  EXPECT_EQ(sts_.count(), 1U) << "a definite refusal is not tried again";
  EXPECT_EQ(ssm_.call_count(), 0U);
}

TEST_F(credentials_test, a_throttled_assumption_is_tried_again) {
  use_environment_keys();
  sts_.answer_with([this](const std::string& request) {
    return sts_.count() < 2 ? fake_endpoint::reply{400, sts_refusal("Throttling")}
                            : assume(request);
  });
  EXPECT_EQ(text(open_as({.role_arn = role_arn})), "x");
}

TEST_F(credentials_test, a_role_is_renewed_ahead_of_its_expiry_without_a_failed_read) {
  use_environment_keys();
  const handle var = open_as({.role_arn = role_arn});
  EXPECT_EQ(text(var), "x");
  pass((3600 - 14 * 60) * core::second);  // inside the advisory window
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "ASSUMED1") << "the old ones serve while new ones are fetched";
  pass(5 * 60 * core::second);  // inside the mandatory window of the old ones
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "ASSUMED2");
  EXPECT_EQ(sts_.count(), 2U);
  for (int hour = 0; hour < 5; ++hour) {
    pass(3600 * core::second);
    EXPECT_EQ(refreshed(var), "x");
  }
  EXPECT_EQ(last_key(), "ASSUMED7");
}

TEST_F(credentials_test, short_lives_are_not_renewed_at_every_read) {
  use_environment_keys();
  lifetime_ = 900;
  const handle var = open_as({.role_arn = role_arn, .duration = 900});
  for (int read = 0; read < 5; ++read)
    EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(sts_.count(), 1U);
}

TEST_F(credentials_test, old_credentials_serve_until_they_expire_when_sts_fails) {
  use_environment_keys();
  const handle var = open_as({.role_arn = role_arn});
  EXPECT_EQ(text(var), "x");
  sts_.answer_with([](const auto&) { return fake_endpoint::reply{403, sts_refusal("Blocked")}; });
  pass((3600 - 5 * 60) * core::second);  // new ones are required
  for (int read = 0; read < 5; ++read)
    EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "ASSUMED1");
  EXPECT_EQ(sts_.count(), 2U) << "the reads after the first one do not ask in vain";
  pass(60 * core::second);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(sts_.count(), 3U) << "after a pause it is tried again";
  pass(5 * 60 * core::second);  // expired
  EXPECT_THROW(refreshed(var), error);
  EXPECT_EQ(sts_.count(), 4U);
}

TEST_F(credentials_test, a_role_is_assumed_anew_when_a_service_calls_its_keys_expired) {
  use_environment_keys();
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.key_id != "ASSUMED1") return fake_ssm::reply{};
    return fake_ssm::reply{400, error_body("ExpiredTokenException", "expired"), {}};
  });
  EXPECT_EQ(text(open_as({.role_arn = role_arn})), "x");
  EXPECT_EQ(last_key(), "ASSUMED2");
}

TEST_F(credentials_test, expired_base_credentials_are_renewed_for_the_role) {
  home_.write(".aws/credentials", "[default]\naws_access_key_id=ONE\naws_secret_access_key=s\n");
  sts_.answer_with([this](const std::string& request) {
    if (!contains(request, "Credential=ONE/")) return assume(request);
    home_.write(".aws/credentials", "[default]\naws_access_key_id=TWO\naws_secret_access_key=s\n");
    return fake_endpoint::reply{403, sts_refusal("ExpiredToken")};
  });
  EXPECT_EQ(text(open_as({.role_arn = role_arn})), "x");
  EXPECT_EQ(sts_.count(), 2U);
  EXPECT_TRUE(contains(sts_.requests().back(), "Credential=TWO/"));
}

class process_test : public credentials_test {
 protected:
  void command(const std::string& script) {
    home_.write(".aws/config", "[default]\ncredential_process = /bin/sh '" +
                                   home_.write("give keys.sh", script) + "' \"an argument\"\n");
  }
};

TEST_F(process_test, prints_keys) {
  command(
      "test \"$1\" = 'an argument' || exit 9\n"
      "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}'\n");
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "AKIDPROCESS");
}

TEST_F(process_test, is_run_again_when_its_keys_expire) {
  command("echo x >> '" + home_.path() + "/runs'\n" +
          "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\","
          "\"Expiration\":\"" +
          date_in(3600) + "\"}'\n");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(std::filesystem::file_size(home_.path() + "/runs"), 2U) << "run once";
  pass(3000 * core::second + 1);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(std::filesystem::file_size(home_.path() + "/runs"), 4U);
}

TEST_F(process_test, failures_say_why_without_keys) {
  const std::pair<std::string, std::string> cases[] = {
      {"echo 'not logged in' >&2; exit 3", "status 3: not logged in"},
      {"exit 0", "answered with something that is not JSON"},
      {"echo '{\"Version\":2}'", "another Version than 1"},
      {"echo '{\"Version\":1,\"AccessKeyId\":\"canary-hunter2\"}'", "no SecretAccessKey"},
      {"while :; do echo canary-hunter2; done", "more than 65536 bytes"},
      {"kill -9 $$", "status 137"},
      {"set -x; : SECRET=wJalrXUtnFEMI/K7MDENG/bPxRfiCYhunter2KEY; false", "SECRET=***"},
  };
  for (const auto& [script, reason] : cases) {
    command(script);
    cache().reset();
    const error_info why = failure_of(open("/app/var"));
    EXPECT_EQ(why.kind, error_kind::credentials);
    EXPECT_TRUE(contains(why.message, reason)) << why.message;
    EXPECT_TRUE(contains(why.message, "credential_process of the profile 'default'"));
    EXPECT_FALSE(contains(why.message, "canary-hunter2"));
  }
}

TEST_F(process_test, a_missing_command_is_named) {
  home_.write(".aws/config", "[default]\ncredential_process = /no/such/command\n");
  const error_info why = failure_of(open("/app/var"));
  EXPECT_TRUE(contains(why.message, "/no/such/command")) << why.message;
}

class sso_test : public credentials_test {
 protected:
  sso_test() {
    home_.write(".aws/config",
                "[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = a b\n"
                "[sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://x/start\n");
    sso_.answer_with([](const auto&) {
      return fake_endpoint::reply{
          200,
          R"({"roleCredentials":{"accessKeyId":"AKIDSSO","secretAccessKey":"s","sessionToken":"t",)"
          R"("expiration":)" +
              std::to_string((core::coarse_wall() / core::second + 3600) * 1000) + "}}"};
    });
  }
  void log_in(std::int64_t seconds) {
    // The file is named by the SHA-1 of "s".
    home_.write(".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json",
                R"({"accessToken":"the-token","expiresAt":")" + date_in(seconds) + "\"}");
  }
};

TEST_F(sso_test, the_cached_token_is_exchanged_for_keys) {
  log_in(3600);
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "AKIDSSO");
  ASSERT_EQ(sso_.count(), 1U);
  const std::string asked = sso_.requests()[0];
  EXPECT_TRUE(asked.starts_with(
      "GET /federation/credentials?role_name=a%20b&account_id=123456789012 HTTP/1.1"))
      << asked;
  EXPECT_TRUE(contains(asked, "x-amz-sso_bearer_token: the-token"));
  EXPECT_FALSE(contains(asked, "Authorization"));
}

TEST_F(sso_test, without_a_valid_token_the_error_gives_the_command) {
  const auto check = [this] {
    const error_info why = failure_of(open("/app/var"));
    EXPECT_EQ(why.kind, error_kind::credentials);
    EXPECT_TRUE(contains(why.message, "aws sso login --profile default")) << why.message;
    EXPECT_FALSE(contains(why.message, "the-token"));
    cache().reset();
  };
  check();
  log_in(-1);
  check();
  EXPECT_EQ(sso_.count(), 0U);
  log_in(3600);
  sso_.answer_with([](const auto&) { return fake_endpoint::reply{401, "{}"}; });
  check();
  EXPECT_EQ(sso_.count(), 1U);
}

class instance_test : public credentials_test {
 protected:
  instance_test() {
    env_.erase("AWS_EC2_METADATA_DISABLED");
    env_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata_.url();
    metadata_.answer_with([this](const std::string& request) -> fake_endpoint::reply {
      if (request.starts_with("PUT /latest/api/token ")) {
        EXPECT_TRUE(contains(request, "X-aws-ec2-metadata-token-ttl-seconds: 21600"));
        return {200, "session"};
      }
      if (!contains(request, "X-aws-ec2-metadata-token: session")) return {401, ""};
      const std::string path = "GET /latest/meta-data/iam/security-credentials/";
      if (request.starts_with(path + " ")) return {200, "the-role\n"};
      if (!request.starts_with(path + "the-role ")) return {404, ""};
      return {200, R"({"Code":"Success","AccessKeyId":"INSTANCE)" + std::to_string(++given_) +
                       R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
                       date_in(lifetime_) + "\"}"};
    });
  }
  fake_endpoint metadata_;
};

TEST_F(instance_test, gives_the_role_of_the_instance) {
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "INSTANCE1");
  EXPECT_EQ(metadata_.count(), 3U);
  pass(3600 * core::second);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "INSTANCE2");
}

TEST_F(instance_test, is_never_asked_through_a_proxy) {
  net::pin_host("metadata.test.invalid", "127.0.0.1");
  const std::string url = metadata_.url();
  env_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] =
      "http://metadata.test.invalid" + url.substr(url.rfind(':'));
  env_["HTTP_PROXY"] = "http://127.0.0.1:1";
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "INSTANCE1");
}

TEST_F(instance_test, expired_keys_of_a_service_in_trouble_are_used_a_little_longer) {
  lifetime_ = -10;
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(last_key(), "INSTANCE1");
}

TEST_F(instance_test, is_not_asked_in_lambda) {
  env_["AWS_LAMBDA_FUNCTION_NAME"] = "f";
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_TRUE(contains(why.message, "No AWS credentials found")) << why.message;
  EXPECT_EQ(metadata_.count(), 0U);
}

TEST_F(instance_test, a_service_without_a_role_is_named) {
  metadata_.answer_with([](const std::string& request) -> fake_endpoint::reply {
    return request.starts_with("PUT") ? fake_endpoint::reply{200, "session"}
                                      : fake_endpoint::reply{404, ""};
  });
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_FALSE(why.retryable);
  EXPECT_TRUE(contains(why.message, "instance metadata service (127.0.0.1:")) << why.message;
  EXPECT_TRUE(contains(why.message, "HTTP status 404")) << why.message;
}

TEST_F(instance_test, a_profile_may_name_it_as_its_source) {
  home_.write(".aws/config", std::string("[default]\nrole_arn = ") + role_arn +
                                 "\ncredential_source = Ec2InstanceMetadata\n");
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(last_key(), "ASSUMED2") << "after INSTANCE1";
}

}  // namespace
}  // namespace lambda_cache::test
