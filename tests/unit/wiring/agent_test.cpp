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

// --- several

class agent_several_test : public agent_fixture {
 protected:
  /// Misses all of them in one round.
  std::vector<cache::outcome> read_all(const std::vector<std::string>& names,
                                       std::optional<core::nanos> max_age = {}) {
    std::vector<wiring::read_item> items;
    for (const std::string& name : names) {
      auto bound = cache().bind(*wiring::parameter_spec(name, {}));
      EXPECT_TRUE(bound) << bound.error().message;
      items.push_back(bound->read(core::no_deadline, max_age));
    }
    const auto reading = wiring::read_operation::start(cache(), std::move(items));
    EXPECT_TRUE(reading->wait(core::no_deadline));
    return std::move(reading->outcomes());
  }
  static std::string text_of(const cache::outcome& of) {
    return of.ok() ? std::string(of.value->as<core::value_data>()->view()) : "(no value)";
  }
};

TEST_F(agent_several_test, names_that_miss_together_are_one_request) {
  always({.body = R"({"Parameters":[)" + parameter_object("/a", "1") + "," +
                  parameter_object("/b", "2") +
                  R"(],"InvalidParameters":["/none"],"Errors":[{"Name":"/none","Status":400,)"
                  R"("Code":"ParameterNotFound","Kind":"not_found","Message":"there is no /none.",)"
                  R"("Retryable":false},{"Name":"/denied","Status":400,)"
                  R"("Code":"AccessDeniedException","Kind":"access_denied",)"
                  R"("Message":"Add kms:Decrypt and ssm:GetParameters.","Retryable":false}]})",
          .headers = age_headers("2.000")});
  const auto got = read_all({"/a", "/b", "/none", "/denied"});
  EXPECT_EQ(text_of(got[0]), "1");
  EXPECT_EQ(text_of(got[1]), "2");
  ASSERT_TRUE(got[2].failure);
  EXPECT_EQ(got[2].failure->kind, error_kind::not_found);
  EXPECT_EQ(got[2].failure->code, "ParameterNotFound");
  EXPECT_EQ(got[2].failure->name, "/none");
  EXPECT_EQ(got[2].failure->message, "there is no /none.");
  ASSERT_TRUE(got[3].failure);
  EXPECT_EQ(got[3].failure->kind, error_kind::access_denied);
  EXPECT_EQ(got[3].failure->http_status, 400);
  EXPECT_EQ(got[3].failure->service, "ssm");
  EXPECT_EQ(got[3].failure->operation, "GetParameters");
  ASSERT_EQ(agent_.call_count(), 1U);
  EXPECT_EQ(last_call().target,
            "GET /systemsmanager/parameters/get-many?withDecryption=true&name=%2Fa&name=%2Fb&"
            "name=%2Fnone&name=%2Fdenied");
}

TEST_F(agent_several_test, a_kind_that_is_not_told_follows_from_the_code) {
  always({.body = R"({"Parameters":[)" + parameter_object("/a", "1") +
                  R"(],"InvalidParameters":[],"Errors":[{"Name":"/b","Status":504,)"
                  R"("Code":"TimeoutError","Message":"too late","Retryable":true}]})"});
  const auto got = read_all({"/a", "/b"});
  ASSERT_TRUE(got[1].failure);
  EXPECT_EQ(got[1].failure->kind, error_kind::timeout);
  EXPECT_TRUE(got[1].failure->retryable);
}

TEST_F(agent_several_test, an_agent_that_knows_one_name_at_a_time) {
  agent_.answer([](const call& asked) -> reply {
    if (asked.target.find("get-many") != std::string::npos)
      return {.status = 404, .body = "404 page not found"};
    const std::string name = asked.target.ends_with("%2Fa") ? "/a" : "/b";
    return {.body = parameter_body(name, "of " + name)};
  });
  const auto got = read_all({"/a", "/b"});
  EXPECT_EQ(text_of(got[0]), "of /a");
  EXPECT_EQ(text_of(got[1]), "of /b");
  EXPECT_EQ(agent_.call_count(), 3U);
  (void)read_all({"/a", "/b"}, 0);
  EXPECT_EQ(agent_.call_count(), 5U) << "which is remembered";
}

TEST_F(agent_several_test, a_forced_one_does_not_force_the_others) {
  agent_.answer([](const call& asked) -> reply {
    const std::string name = asked.target.ends_with("%2Fa") ? "/a" : "/b";
    return {.body = parameter_body(name, "x")};
  });
  auto forced = cache().bind(*wiring::parameter_spec("/a", {.max_age = 0}));
  auto usual = cache().bind(*wiring::parameter_spec("/b", {}));
  ASSERT_TRUE(forced && usual);
  const auto reading = wiring::read_operation::start(
      cache(), {forced->read(core::no_deadline), usual->read(core::no_deadline)});
  EXPECT_TRUE(reading->wait(core::no_deadline));
  const auto calls = agent_.calls();
  ASSERT_EQ(calls.size(), 2U);
  for (const call& each : calls)
    EXPECT_EQ(each.header("Cache-Control"),
              each.target.ends_with("%2Fa") ? "no-cache" : "max-age=60");
}

TEST_F(agent_several_test, which_of_several_is_stale_is_asked_for_one_by_one) {
  agent_.answer([](const call& asked) -> reply {
    if (asked.target.find("get-many") != std::string::npos)
      return {.body = R"({"Parameters":[)" + parameter_object("/a", "1") + "," +
                      parameter_object("/b", "2") + R"(],"InvalidParameters":[],"Errors":[]})",
              .headers = age_headers("100.000", "STALE")};
    if (asked.target.ends_with("%2Fa"))
      return {.body = parameter_body("/a", "1"), .headers = age_headers("100.000", "STALE")};
    return {.body = parameter_body("/b", "2"), .headers = age_headers("3.000")};
  });
  const auto got = read_all({"/a", "/b"});
  EXPECT_EQ(got[0].from, cache::origin::stale);
  EXPECT_EQ(got[1].from, cache::origin::fetched);
  EXPECT_EQ(agent_.call_count(), 3U);
}

// --- what can go wrong

class agent_failure_test : public agent_fixture {
 protected:
  error_info failure(int status, const std::string& body) {
    always({.status = status, .body = body});
    return failure_of(secret("db", {.max_attempts = 1}));
  }
};

TEST_F(agent_failure_test, an_error_is_that_of_the_service) {
  const error_info why = failure(
      400, R"({"__type":"AccessDeniedException","message":"AccessDeniedException: add it.",)"
           R"("kind":"access_denied","service":"secretsmanager","operation":"GetSecretValue",)"
           R"("name":"db","requestId":"r-1","retryable":false})");
  EXPECT_EQ(why.kind, error_kind::access_denied);
  EXPECT_EQ(why.message, "AccessDeniedException: add it.");
  EXPECT_EQ(why.code, "AccessDeniedException");
  EXPECT_EQ(why.service, "secretsmanager");
  EXPECT_EQ(why.operation, "GetSecretValue");
  EXPECT_EQ(why.name, "db");
  EXPECT_EQ(why.request_id, "r-1");
  EXPECT_EQ(why.http_status, 400);
  EXPECT_FALSE(why.retryable);
  EXPECT_EQ(agent_.call_count(), 1U);
}

TEST_F(agent_failure_test, the_agents_attempts_are_enough) {
  always({.status = 400,
          .body = R"({"__type":"ThrottlingException","message":"m","kind":"throttled",)"
                  R"("retryable":true})"});
  const error_info why = failure_of(secret("db", {.max_attempts = 5}));
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_TRUE(why.retryable);
  EXPECT_EQ(agent_.call_count(), 1U);
}

TEST_F(agent_failure_test, an_error_of_aws_agent) {
  const error_info why =
      failure(400, R"({"__type":"ResourceNotFoundException", "message":"can't find it"})");
  EXPECT_EQ(why.kind, error_kind::not_found);
  EXPECT_EQ(why.code, "ResourceNotFoundException");
  EXPECT_EQ(why.name, "db");
  EXPECT_NE(why.message.find("can't find it"), std::string::npos);
}

TEST_F(agent_failure_test, a_timeout_of_aws_agent) {
  const error_info why = failure(504, R"({"__type":"TimeoutError", "message":"Timeout"})");
  EXPECT_EQ(why.kind, error_kind::timeout);
  EXPECT_TRUE(why.retryable);
}

TEST_F(agent_failure_test, aws_extension_hides_the_cause) {
  always({.status = 400, .body = "an unexpected error occurred while executing request"});
  const error_info why = failure_of(secret("db", {.max_attempts = 3}));
  EXPECT_EQ(why.kind, error_kind::service);
  EXPECT_TRUE(why.retryable);
  EXPECT_EQ(why.name, "db");
  EXPECT_NE(why.message.find("does not say why"), std::string::npos) << why.message;
  EXPECT_EQ(agent_.call_count(), 1U);
}

TEST_F(agent_failure_test, aws_extension_is_not_ready_at_first) {
  std::atomic<int> asked{0};
  agent_.answer([&](const call&) -> reply {
    if (asked++ == 0) return {.status = 400, .body = "not ready to serve traffic, please wait"};
    return {.body = secret_body("db", "s")};
  });
  EXPECT_EQ(text(secret("db")), "s");
  EXPECT_EQ(asked, 2);
}

TEST_F(agent_failure_test, a_wrong_token) {
  const error_info why = failure(403, "Bad Token");
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_FALSE(why.retryable);
  EXPECT_NE(why.message.find("AWS_SESSION_TOKEN is the same"), std::string::npos) << why.message;
  EXPECT_EQ(why.message.find("the token\""), std::string::npos);
}

TEST_F(agent_failure_test, no_token) {
  env_.erase("AWS_SESSION_TOKEN");
  const error_info why = failure(403, "Bad Token");
  EXPECT_EQ(last_call().header("X-Aws-Parameters-Secrets-Token"), "(none)");
  EXPECT_NE(why.message.find("none of AWS_TOKEN, AWS_SESSION_TOKEN"), std::string::npos)
      << why.message;
}

TEST_F(agent_failure_test, no_more_connections) {
  const error_info why = failure(429, "Connection limit exceeded");
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_TRUE(why.retryable);
}

TEST_F(agent_failure_test, something_else_listens_there) {
  EXPECT_EQ(failure(404, "Not found").kind, error_kind::rejected);
  const error_info why = failure_of(open("/a", {.max_attempts = 1}));
  EXPECT_NE(why.message.find("check that it is a lambda-cache agent"), std::string::npos);
  always({.body = "<html>"});
  EXPECT_EQ(failure_of(open("/b", {.max_attempts = 1})).kind, error_kind::protocol);
}

TEST_F(agent_failure_test, nothing_listens_there) {
  env_["LAMBDA_CACHE_AGENT"] = "http://127.0.0.1:1";
  const error_info why = failure_of(open("/a", {.max_attempts = 1}));
  EXPECT_EQ(why.kind, error_kind::connection);
  EXPECT_TRUE(why.retryable);
  EXPECT_EQ(why.service, "ssm");
  EXPECT_EQ(why.name, "/a");
  EXPECT_NE(
      why.message.find("the agent at http://127.0.0.1:1 (LAMBDA_CACHE_AGENT) does not answer"),
      std::string::npos)
      << why.message;
  EXPECT_NE(why.message.find("unset that to read from AWS directly"), std::string::npos);
}

TEST_F(agent_failure_test, no_answer_in_time) {
  agent_.answer([this](const call&) -> reply {
    answer_.wait();
    return {};
  });
  const error_info why = failure_of(open("/a", {.timeout = 50 * core::millisecond}));
  EXPECT_EQ(why.kind, error_kind::timeout);
  answer_.open();
}

TEST_F(agent_failure_test, a_value_that_is_there_is_served_while_the_agent_is_gone) {
  always({.body = parameter_body("/a", "1")});
  const handle a = open("/a");
  EXPECT_EQ(text(a), "1");
  pass(61 * second);
  always({.status = 503, .body = "going"});
  EXPECT_EQ(text(a), "1");
  EXPECT_EQ(cache().stats().stale, 1U);
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
