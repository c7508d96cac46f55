// Reading through an agent instead of from AWS.
#include "agent_fixture.hpp"

#include <atomic>
#include <cstdio>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::test {
namespace {

using core::second;
using call = fake_agent::call;
using reply = fake_agent::reply;

class agent_test : public agent_fixture {};

TEST_F(agent_test, a_parameter) {
  always({.body = parameter_body("/app/x", "one")});
  const handle x = open("/app/x");
  EXPECT_EQ(text(x), "one");
  EXPECT_EQ(x.get().version(), 3);
  ASSERT_EQ(agent_.call_count(), 1U) << "the second read is a hit";
  const call asked = last_call();
  EXPECT_EQ(asked.target, "GET /systemsmanager/parameters/get?withDecryption=true&name=%2Fapp%2Fx");
  EXPECT_EQ(asked.header("X-Aws-Parameters-Secrets-Token"), "the token");
  EXPECT_EQ(asked.header("Accept"), "application/json");
  EXPECT_EQ(asked.header("Cache-Control"), "max-age=60");
  EXPECT_EQ(asked.header("Authorization"), "(none)");
  EXPECT_EQ(ssm_.call_count(), 0U);
  EXPECT_EQ(cache().stats().calls, 1U);
}

TEST_F(agent_test, versions_labels_and_ciphertexts) {
  always({.body = parameter_body("/app/x", "one", R"(":2")")});
  EXPECT_EQ(text(open("/app/x:2")), "one");
  EXPECT_EQ(last_call().target,
            "GET /systemsmanager/parameters/get?withDecryption=true&name=%2Fapp%2Fx%3A2");
  (void)text(open("/app/x:live", {.decrypt = false}));
  EXPECT_EQ(last_call().target,
            "GET /systemsmanager/parameters/get?withDecryption=false&name=%2Fapp%2Fx%3Alive");
  const handle pinned = open("/app/x:2");
  pass(86'400 * second);
  EXPECT_EQ(text(pinned), "one");
  EXPECT_EQ(agent_.call_count(), 2U) << "a version is never read again";
}

TEST_F(agent_test, secrets_in_either_shape) {
  always({.body = secret_body("db", "s")});
  const handle db = secret("db");
  EXPECT_EQ(text(db), "s");
  EXPECT_EQ(last_call().target, "GET /secretsmanager/get?secretId=db");
  always({.body = extension_secret_body("db", "t")});
  EXPECT_EQ(refreshed(db), "t");
  EXPECT_EQ(last_call().target, "GET /secretsmanager/get?secretId=db&refreshNow=true");
  EXPECT_EQ(last_call().header("Cache-Control"), "no-cache");
  (void)text(secret("db", {.version_stage = "AWSPREVIOUS"}));
  EXPECT_EQ(last_call().target, "GET /secretsmanager/get?secretId=db&versionStage=AWSPREVIOUS");
  const std::string version = "00000000-0000-4000-8000-000000000001";
  (void)text(secret("db", {.version_id = version}));
  EXPECT_EQ(last_call().target, "GET /secretsmanager/get?secretId=db&versionId=" + version);
  EXPECT_EQ(secrets_.call_count(), 0U);
}

TEST_F(agent_test, a_path) {
  always({.body = R"({"Parameters":[)" + parameter_object("/app/a", "1") + "," +
                  parameter_object("/app/b/c", "2") + "]}"});
  const handle all = open_path("/app");
  EXPECT_EQ(all.get().text("a"), "1");
  EXPECT_EQ(all.get().text("b/c"), "2");
  EXPECT_EQ(
      last_call().target,
      "GET /systemsmanager/parameters/by-path?withDecryption=true&recursive=true&path=%2Fapp");
  (void)open_path("/app", {.decrypt = false}, false).get();
  EXPECT_EQ(last_call().target,
            "GET /systemsmanager/parameters/by-path?withDecryption=false&recursive=false&"
            "path=%2Fapp");
  EXPECT_EQ(agent_.call_count(), 2U);
}

TEST_F(agent_test, one_connection_serves_what_comes_after_another) {
  always({.body = parameter_body("/a", "1")});
  const handle a = open("/a");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(refreshed(a), "1");
  EXPECT_EQ(agent_.connections(), 1);
}

TEST_F(agent_test, a_proxy_is_not_asked) {
  env_["HTTP_PROXY"] = "http://127.0.0.1:1";
  always({.body = parameter_body("/a", "1")});
  EXPECT_EQ(text(open("/a")), "1");
}

// --- ages

TEST_F(agent_test, a_value_is_as_old_as_the_agent_says) {
  always({.body = parameter_body("/a", "1"), .headers = age_headers("50.000")});
  const handle a = open("/a");
  EXPECT_EQ(text(a), "1");
  ASSERT_EQ(cache().entry_stats().size(), 1U);
  EXPECT_GE(*cache().entry_stats()[0].age, std::chrono::seconds(50));
  pass(9 * second);
  EXPECT_EQ(text(a), "1");
  EXPECT_EQ(agent_.call_count(), 1U);
  pass(second);
  EXPECT_EQ(text(a), "1");
  EXPECT_EQ(agent_.call_count(), 2U) << "60 s in both caches together";
}

TEST_F(agent_test, whole_seconds_count_as_the_next_one) {
  always({.body = parameter_body("/a", "1"), .headers = "Age: 50\r\n"});
  const handle a = open("/a");
  (void)text(a);
  EXPECT_GE(*cache().entry_stats()[0].age, std::chrono::seconds(51));
}

TEST_F(agent_test, every_reader_says_what_it_accepts) {
  always({.body = parameter_body("/a", "1")});
  (void)text(open("/a", {.max_age = 1'500 * core::millisecond}));
  EXPECT_EQ(last_call().header("Cache-Control"), "max-age=1.5");
  pass(3600 * second);
  (void)text(open("/b", {.max_age = core::infinite}));
  EXPECT_EQ(last_call().header("Cache-Control"), "(none)");
  (void)text(open("/c", {.max_age = 0}));
  EXPECT_EQ(last_call().header("Cache-Control"), "no-cache");
}

TEST_F(agent_test, what_was_invalidated_is_not_taken_from_the_agents_cache) {
  always({.body = parameter_body("/a", "1"), .headers = age_headers("1.000")});
  const handle a = open("/a");
  (void)text(a);
  a.invalidate();
  (void)text(a);
  EXPECT_EQ(last_call().header("Cache-Control"), "no-cache");
  cache().clear();
  (void)text(a);
  EXPECT_EQ(last_call().header("Cache-Control"), "no-cache");
  pass(60 * second);
  (void)text(a);
  EXPECT_EQ(last_call().header("Cache-Control"), "max-age=60");
}

TEST_F(agent_test, a_stale_value_of_the_agent_is_one_here) {
  always({.body = parameter_body("/a", "old"), .headers = age_headers("100.000", "STALE")});
  EXPECT_EQ(text(open("/a")), "old");
  EXPECT_EQ(cache().stats().stale, 1U);
  EXPECT_EQ(cache().stats().failures, 1U);
  const error_info why = failure_of(open("/a", {.stale_if_error = 30 * second}));
  EXPECT_EQ(why.kind, error_kind::service);
  EXPECT_TRUE(why.retryable);
  EXPECT_EQ(why.name, "/a");
  EXPECT_NE(why.message.find("has only an old value"), std::string::npos) << why.message;
  EXPECT_EQ(text(open("/a", {.max_age = 200 * second})), "old");
  EXPECT_EQ(cache().stats().stale, 1U) << "young enough for this one";
}

TEST_F(agent_test, a_stale_path) {
  always({.body = R"({"Parameters":[)" + parameter_object("/app/a", "1") + "]}",
          .headers = age_headers("100.000", "STALE")});
  EXPECT_EQ(open_path("/app").get().text("a"), "1");
  EXPECT_EQ(cache().stats().stale, 1U);
  EXPECT_EQ(open_path("/app", {.stale_if_error = 0}).try_get().error().kind(), error_kind::service);
}

// --- the token

TEST_F(agent_test, the_first_token_counts) {
  always({.body = parameter_body("/a", "1")});
  env_["AWS_TOKEN"] = "first";
  env_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "third";
  (void)text(open("/a"));
  EXPECT_EQ(last_call().header("X-Aws-Parameters-Secrets-Token"), "first");
}

TEST_F(agent_test, a_tokens_file_is_read_for_each_request) {
  always({.body = parameter_body("/a", "1")});
  const std::string path = ::testing::TempDir() + "agent_test_token";
  const auto write = [&](const std::string& what) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(what.c_str(), file);
    std::fclose(file);
  };
  env_["AWS_TOKEN"] = "file://" + path;
  write("one\n");
  const handle a = open("/a");
  (void)refreshed(a);
  EXPECT_EQ(last_call().header("X-Aws-Parameters-Secrets-Token"), "one");
  write("two\n");
  (void)refreshed(a);
  EXPECT_EQ(last_call().header("X-Aws-Parameters-Secrets-Token"), "two");
  std::remove(path.c_str());
  const error_info why = failure_of(open("/b"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_NE(why.message.find("AWS_TOKEN"), std::string::npos) << why.message;
}

// --- which way

TEST_F(agent_test, what_an_agent_cannot_do_is_read_from_aws) {
  give_credentials();
  ssm_.put("/a", "of AWS");
  ssm_.put("/app/x", "of AWS");
  secrets_.put("db", "of AWS");
  EXPECT_EQ(text(open("/a", {.region = "eu-west-1"})), "of AWS");
  EXPECT_EQ(text(viewed("/a", {}, {.endpoint_url = ssm_.url()})), "of AWS");
  EXPECT_EQ(open_path("/app", {}, true, {{"Type", {"String"}}}).get().text("x"), "of AWS");
  EXPECT_EQ(text(secret("db", {.rotation_aware = true})), "of AWS");
  EXPECT_EQ(agent_.call_count(), 0U);
  always({.body = parameter_body("/a", "of the agent")});
  EXPECT_EQ(text(open("/a")), "of the agent") << "another entry";
}

TEST_F(agent_test, the_code_beats_the_environment) {
  give_credentials();
  ssm_.put("/a", "of AWS");
  config_.agent_url = "";
  EXPECT_EQ(text(open("/a")), "of AWS");
  EXPECT_EQ(agent_.call_count(), 0U);
}

TEST_F(agent_test, code_that_names_a_region_means_aws) {
  give_credentials();
  ssm_.put("/a", "of AWS");
  config_.region = "us-east-1";
  EXPECT_EQ(text(open("/a")), "of AWS");
}

TEST_F(agent_test, code_may_name_an_agent) {
  env_.erase("LAMBDA_CACHE_AGENT");
  config_.agent_url = agent_.url() + "/";
  config_.region = "us-east-1";
  always({.body = parameter_body("/a", "1")});
  EXPECT_EQ(text(open("/a")), "1");
}

TEST_F(agent_test, statistics_name_the_entry_as_ever) {
  always({.body = secret_body("db", "s")});
  (void)text(secret("db"));
  const auto all = cache().entry_stats();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].service, "secretsmanager");
  EXPECT_EQ(all[0].name, "db");
  EXPECT_EQ(all[0].region, "");
  EXPECT_EQ(all[0].loads, 1U);
}

TEST_F(agent_test, a_child_of_a_fork_keeps_values_and_asks_on_a_connection_of_its_own) {
  always({.body = parameter_body("/a", "1")});
  const handle a = open("/a");
  EXPECT_EQ(text(a), "1");
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    bool right = false;
    try {
      right = text(a) == "1" && refreshed(a) == "1";
    } catch (...) {
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(agent_.connections(), 2);
  EXPECT_EQ(agent_.call_count(), 2U);
  EXPECT_EQ(refreshed(a), "1");
  EXPECT_EQ(agent_.connections(), 2) << "the parent's connection survived the child";
}

TEST_F(agent_test, a_cache_that_ends_leaves_nothing_waiting) {
  std::atomic<int> asked{0};
  agent_.answer([&](const call&) -> reply {
    ++asked;
    answer_.wait();
    return {.body = parameter_body("/a", "1")};
  });
  auto other = std::make_shared<wiring::wired_cache>(
      client_config{.agent_url = agent_.url()},
      [](std::string_view) -> std::optional<std::string> { return std::nullopt; });
  auto bound = other->bind(*wiring::parameter_spec("/a", {}));
  ASSERT_TRUE(bound) << bound.error().message;
  const auto reading = wiring::read_operation::start(*other, {bound->read(core::no_deadline)});
  while (asked == 0)
    std::this_thread::yield();
  other.reset();
  const cache::outcome& got = reading->outcomes().front();
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->kind, error_kind::cancelled);
  answer_.open();
}

TEST_F(agent_test, a_reset_reads_the_configuration_anew) {
  always({.body = parameter_body("/a", "1")});
  const handle a = open("/a");
  EXPECT_EQ(text(a), "1");
  give_credentials();
  env_.erase("LAMBDA_CACHE_AGENT");
  ssm_.put("/a", "of AWS");
  cache().reset();
  EXPECT_EQ(text(a), "of AWS");
}

}  // namespace
}  // namespace lambda_cache::test
