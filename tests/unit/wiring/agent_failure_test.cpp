// What can go wrong on the way through an agent.
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

}  // namespace
}  // namespace lambda_cache::test
