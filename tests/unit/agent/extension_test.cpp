#include "agent/extension.hpp"

#include "agent/log.hpp"
#include "support/fake_extensions_api.hpp"
#include "support/fake_ssm.hpp"
#include "support/local_client.hpp"
#include "wiring/environment.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lambda_cache::agent {
namespace {

using test::fake_extensions_api;
using test::peer;
using test_support::local_answer;
using test_support::local_client;

constexpr const char* invoke =
    R"({"eventType":"INVOKE","deadlineMs":1769860800000,"requestId":"id-1","invokedFunctionArn":"arn:aws:lambda:eu-west-1:123456789012:function:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1"}})";
constexpr const char* shutdown =
    R"({"eventType":"SHUTDOWN","shutdownReason":"SPINDOWN","deadlineMs":1769860800000})";

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&at), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class extension_test : public ::testing::Test {
 protected:
  extension_test() {
    set("AWS_ENDPOINT_URL_SSM", ssm_.url());
    set("AWS_REGION", "eu-west-1");
    set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    set("AWS_SECRET_ACCESS_KEY", "c4n4ry-key");
    set("AWS_SESSION_TOKEN", "t0ken");
    how_.agent.mode = compatibility::extension;
    how_.agent.port = free_port();
    how_.agent.tokens = {"t0ken"};
    how_.agent.prefetch_timeout = 60 * core::second;  // of a test that would hang
  }
  ~extension_test() override {
    for (const std::string& each : set_)
      wiring::set_process_variable(each.c_str(), std::nullopt);
  }

  void set(const std::string& name, const std::string& value) {
    wiring::set_process_variable(name.c_str(), value);
    set_.push_back(name);
  }

  int run(fake_extensions_api& api) {
    ::testing::internal::CaptureStderr();
    const std::string address = api.address();
    const int status = run_extension(how_, "lambda-cache",
                                     [&](std::string_view name) -> std::optional<std::string> {
                                       if (name == "AWS_LAMBDA_RUNTIME_API") return address;
                                       return std::nullopt;
                                     });
    log_ = ::testing::internal::GetCapturedStderr();
    EXPECT_FALSE(has(log_, "t0ken")) << log_;
    EXPECT_FALSE(has(log_, "c4n4ry")) << log_;
    return status;
  }

  local_answer get(const std::string& name) const {
    return local_client(how_.agent.port)
        .get("/systemsmanager/parameters/get?withDecryption=true&name=" + name,
             "X-Aws-Parameters-Secrets-Token: t0ken\r\n");
  }

  extension_settings how_;
  test::fake_ssm ssm_;
  std::string log_;

 private:
  std::vector<std::string> set_;
};

TEST_F(extension_test, what_is_prefetched_is_served_before_the_function_starts) {
  for (const char* name : {"/app/a", "/app/b"})
    ssm_.put(name, "c4n4ry", "SecureString");
  how_.agent.prefetch = {"ssm:/app/a", "ssm:/app/b"};
  std::map<std::string, local_answer> got;
  std::size_t calls = 0;
  fake_extensions_api api({shutdown}, {.before = [&](peer&, const std::string& what) {
                            if (what != "register") return;
                            for (const char* name : {"/app/a", "/app/b"})
                              got[name] = get(name);
                            calls = ssm_.call_count();
                          }});

  EXPECT_EQ(run(api), 0);
  for (const auto& [name, answer] : got) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(has(answer.body, R"("Value":"c4n4ry")")) << answer.body;
    EXPECT_EQ(answer.headers.at("x-cache"), "HIT");
  }
  EXPECT_EQ(calls, 1U);  // GetParameters, for both
  const auto requests = api.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[0].starts_with("POST /2020-01-01/extension/register "));
  EXPECT_TRUE(has(requests[0], "Lambda-Extension-Name: lambda-cache\r\n"));
  EXPECT_TRUE(requests[0].ends_with(R"({"events":["INVOKE","SHUTDOWN"]})"));
  EXPECT_TRUE(requests[1].starts_with("GET /2020-01-01/extension/event/next "));
  EXPECT_TRUE(has(requests[1], std::string("Lambda-Extension-Identifier: ") +
                                   fake_extensions_api::identifier + "\r\n"));
}

TEST_F(extension_test, a_plain_parameter_is_a_hit_without_decryption_too) {
  ssm_.put("/app/a", "plain");
  how_.agent.prefetch = {"ssm:/app/a"};
  local_answer got;
  fake_extensions_api api({shutdown}, {.before = [&](peer&, const std::string& what) {
                            if (what != "register") return;
                            got = local_client(how_.agent.port)
                                      .get("/systemsmanager/parameters/get?name=%2Fapp%2Fa",
                                           "X-Aws-Parameters-Secrets-Token: t0ken\r\n");
                          }});
  EXPECT_EQ(run(api), 0);
  EXPECT_TRUE(has(got.body, R"("Value":"plain")")) << got.body;
  EXPECT_EQ(got.headers["x-cache"], "HIT");
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(extension_test, what_cannot_be_prefetched_is_told_and_no_failure) {
  ssm_.put("/app/a", "there");
  how_.agent.prefetch = {"ssm:/app/missing", "no-prefix", "ssm:/app/a"};
  fake_extensions_api api({shutdown});

  EXPECT_EQ(run(api), 0);
  EXPECT_TRUE(has(log_, R"(WARN not prefetched: )")) << log_;
  EXPECT_TRUE(has(log_, R"(name="ssm:/app/missing" code="ParameterNotFound")")) << log_;
  EXPECT_TRUE(has(log_, R"(name="no-prefix")")) << log_;
  EXPECT_TRUE(has(log_, "ssm:no-prefix or secret:no-prefix")) << log_;
  EXPECT_FALSE(has(log_, R"(name="ssm:/app/a")")) << log_;
}

TEST_F(extension_test, the_function_does_not_wait_for_an_aws_that_is_silent) {
  test::gate ended;
  ssm_.intercept([&](const test::fake_service::call&) {
    ended.wait();
    return test::fake_service::reply{};
  });
  how_.agent.prefetch = {"ssm:/app/a"};
  how_.agent.prefetch_timeout = 0;
  fake_extensions_api api({shutdown});

  EXPECT_EQ(run(api), 0);
  ended.open();
  EXPECT_EQ(api.requests().size(), 2U);
}

TEST_F(extension_test, a_refused_call_is_no_failure) {
  ssm_.deny("GetParameters");
  ssm_.deny("GetParameter");
  how_.agent.prefetch = {"ssm:/app/a"};
  fake_extensions_api api({shutdown});

  EXPECT_EQ(run(api), 0);
  EXPECT_TRUE(has(log_, R"(code="AccessDeniedException")")) << log_;
}

TEST_F(extension_test, managed_instances_tell_of_the_end_only) {
  how_.is_managed_instance = true;
  fake_extensions_api api({shutdown});

  EXPECT_EQ(run(api), 0);
  EXPECT_TRUE(api.requests().at(0).ends_with(R"({"events":["SHUTDOWN"]})"));
}

TEST_F(extension_test, values_that_end_soon_are_fetched_while_the_handler_runs) {
  constexpr core::nanos passes = 250 * core::second;  // of 300
  ssm_.put("/app/a", "one");
  how_.agent.prefetch = {"ssm:/app/a"};
  test::gate asked_again;
  int asked_for_events = 0;
  fake_extensions_api api({invoke, shutdown}, {.before = [&](peer&, const std::string& what) {
                            if (what != "event/next") return;
                            if (++asked_for_events == 1) {
                              ssm_.intercept([&](const test::fake_service::call&) {
                                asked_again.open();
                                return test::fake_service::reply{};
                              });
                              core::shift(passes, passes, passes);
                            } else {
                              EXPECT_TRUE(asked_again.wait());
                            }
                          }});

  EXPECT_EQ(run(api), 0);
  core::shift(-passes, -passes, -passes);
  EXPECT_EQ(asked_for_events, 2);
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(extension_test, a_snapshot_holds_nothing_and_values_come_after_it) {
  ssm_.put("/app/a", "one");
  how_.agent.prefetch = {"ssm:/app/a"};
  how_.is_snap_start = true;
  test::gate fetched;
  std::vector<std::size_t> calls;
  fake_extensions_api api({invoke, shutdown}, {.before = [&](peer&, const std::string& what) {
                            if (what == "register") {
                              calls.push_back(ssm_.call_count());
                              for (int i = 0; i < 2; ++i) {
                                EXPECT_TRUE(has(get("/app/a").body, "one"));
                                calls.push_back(ssm_.call_count());
                              }
                              return;
                            }
                            if (calls.size() == 3) {
                              // Before the first invocation, which comes after the restore.
                              calls.push_back(ssm_.call_count());
                              ssm_.intercept([&](const test::fake_service::call&) {
                                fetched.open();
                                return test::fake_service::reply{};
                              });
                            } else {
                              EXPECT_TRUE(fetched.wait());
                              EXPECT_TRUE(has(get("/app/a").body, "one"));
                              EXPECT_EQ(get("/app/a").headers["x-cache"], "HIT");
                              calls.push_back(ssm_.call_count());
                            }
                          }});

  EXPECT_EQ(run(api), 0);
  EXPECT_EQ(calls, (std::vector<std::size_t>{0, 1, 2, 2, 3}));
}

TEST_F(extension_test, a_port_that_is_taken_is_told_to_lambda) {
  const test::scripted_server other([](peer& client) { client.wait_for_close(); });
  how_.agent.port = other.port();
  how_.agent.prefetch = {"ssm:/app/a"};
  fake_extensions_api api({});

  EXPECT_EQ(run(api), 1);
  const auto requests = api.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[1].starts_with("POST /2020-01-01/extension/init/error ")) << requests[1];
  EXPECT_TRUE(has(requests[1], "Lambda-Extension-Function-Error-Type: Extension.CannotListen\r\n"));
  EXPECT_TRUE(has(requests[1], R"("errorType":"Extension.CannotListen")"));
  EXPECT_TRUE(has(requests[1], std::to_string(other.port()))) << requests[1];
  EXPECT_EQ(ssm_.call_count(), 0U);
}

TEST_F(extension_test, sigterm_is_an_end_as_well) {
  fake_extensions_api api({}, {.before = [](peer& client, const std::string& what) {
                            if (what != "event/next") return;
                            ::kill(::getpid(), SIGTERM);
                            client.wait_for_close();
                          }});
  EXPECT_EQ(run(api), 0);
}

TEST_F(extension_test, an_api_that_goes_away_is_the_end_of_the_environment) {
  fake_extensions_api api({invoke});
  EXPECT_EQ(run(api), 0);
}

TEST_F(extension_test, lambdas_refusal_is_told) {
  fake_extensions_api api({},
                          {.register_status = 403,
                           .register_body = R"({"errorType":"Extension.InvalidExtensionName"})"});
  EXPECT_EQ(run(api), 1);
  EXPECT_TRUE(has(log_, "HTTP 403")) << log_;
  EXPECT_TRUE(has(log_, "Extension.InvalidExtensionName")) << log_;
}

TEST_F(extension_test, without_lambda_it_says_what_it_is) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_extension(how_, "lambda-cache", [](std::string_view) { return std::nullopt; }), 1);
  EXPECT_TRUE(has(::testing::internal::GetCapturedStderr(), "lambda-cache serve"));
}

}  // namespace
}  // namespace lambda_cache::agent
