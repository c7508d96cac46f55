// run() with a wrapped handler: the Runtime API on one side, Parameter Store on the other.
#include <lambda_cache/lambda_cache.hpp>

#include "support/fake_runtime_api.hpp"
#include "support/fake_ssm.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;
using work = std::vector<fake_runtime_api::invocation>;

// NOLINTBEGIN(concurrency-mt-unsafe): the threads of these tests read no environment

class run_test : public ::testing::Test {
 protected:
  run_test() {
    ::setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    ssm_.put("/app/var", "blue");
    ssm_.put("/app/hosts", "a,b", "StringList");
  }
  ~run_test() override { ::unsetenv("AWS_LAMBDA_RUNTIME_API"); }

  void serve_from(const fake_runtime_api& api) {
    ::setenv("AWS_LAMBDA_RUNTIME_API", api.address().c_str(), 1);
  }

  fake_ssm ssm_;
  client client_{{.region = "eu-west-1", .endpoint_url = ssm_.url()}};
};

TEST_F(run_test, serves_a_handler_with_cached_values) {
  fake_runtime_api api(work{{.payload = "1"}, {.payload = "2"}, {.payload = "3"}});
  serve_from(api);
  const int status = run(with(
      ssm::cache({.parameter = "/app/var", .max_age = 60s}, client_),
      ssm::cache({.parameter = "/app/hosts"}, client_))([](const request& event, Context& context) {
    return response::success(event.payload + std::string(context.text("var")) +
                             std::string(context.list("hosts").back()));
  }));

  EXPECT_EQ(status, 0);
  const auto answers = api.answers();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].body, "1blueb");
  EXPECT_EQ(answers[2].body, "3blueb");
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(run_test, counts_each_warm_value_once) {
  const auto handler = with(ssm::cache({.parameter = "/app/var"}, client_),
                            ssm::cache({.parameter = "/app/hosts"}, client_))(
      [](int, Context& context) { return context.text("var").size(); });
  handler(0);
  const auto cold = client_.stats();
  handler(0);
  const auto warm = client_.stats();

  EXPECT_EQ(cold.hits, 0U);
  EXPECT_EQ(cold.misses, 2U);
  EXPECT_EQ(warm.hits, 2U);
  EXPECT_EQ(warm.misses, 2U);
  EXPECT_EQ(warm.calls, 1U);
}

TEST_F(run_test, a_value_that_cannot_be_read_fails_the_invocation_only) {
  fake_runtime_api api(work{{.payload = "1"}, {.payload = "2"}});
  serve_from(api);
  const int status = run(with(ssm::cache({.parameter = "/app/var"}, client_),
                              ssm::cache({.parameter = "/app/missing"}, client_))(
      [](const request&, Context&) { return response::success("{}"); }));

  EXPECT_EQ(status, 0);
  const auto answers = api.answers();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].target, "/2018-06-01/runtime/invocation/id-1/error");
  EXPECT_NE(answers[0].head.find("Error-Type: ParameterNotFound"), std::string::npos);
  EXPECT_NE(answers[0].body.find("/app/missing"), std::string::npos);
  EXPECT_EQ(answers[0].body.find("/app/var"), std::string::npos);
}

TEST_F(run_test, takes_a_handler_that_returns_its_payload) {
  fake_runtime_api api(work{{.payload = "x"}});
  serve_from(api);
  run([](const request& event) { return event.payload + "!"; });

  EXPECT_EQ(api.answers().at(0).body, "x!");
  EXPECT_NE(api.answers()[0].head.find("Content-Type: application/json"), std::string::npos);
}

TEST_F(run_test, takes_a_move_only_handler) {
  fake_runtime_api api(work{{}});
  serve_from(api);
  run([owned = std::make_unique<std::string>("owned")](const request&) { return *owned; });

  EXPECT_EQ(api.answers().at(0).body, "owned");
}

TEST_F(run_test, takes_a_function_that_makes_the_handler) {
  fake_runtime_api api(work{{.payload = "x"}});
  serve_from(api);
  const int status = run([&] {
    return with(ssm::cache({.parameter = "/app/var"}, client_))(
        [](const request&, Context& context) { return std::string(context.text("var")); });
  });

  EXPECT_EQ(status, 0);
  EXPECT_EQ(api.answers().at(0).body, "blue");
}

TEST_F(run_test, wrong_use_is_reported_as_an_initialisation_error) {
  fake_runtime_api api(work{{}});
  serve_from(api);
  const int status = run([&] {
    return with(ssm::cache({.parameter = "/x/var"}, client_),
                ssm::cache({.parameter = "/y/var"}, client_))(
        [](const request&, Context&) { return std::string(); });
  });

  EXPECT_EQ(status, 1);
  EXPECT_EQ(api.answers().at(0).target, "/2018-06-01/runtime/init/error");
  EXPECT_NE(api.answers()[0].body.find("'var'"), std::string::npos);
}

TEST_F(run_test, the_trace_id_is_in_the_environment_while_the_handler_runs) {
  fake_runtime_api api(work{{.headers = "Lambda-Runtime-Trace-Id: Root=1\r\n"}, {}});
  serve_from(api);
  std::vector<std::string> seen;
  run([&](const request&) {
    const char* trace = std::getenv("_X_AMZN_TRACE_ID");
    seen.emplace_back(trace == nullptr ? "(none)" : trace);
    return std::string();
  });

  EXPECT_EQ(seen, (std::vector<std::string>{"Root=1", ""}));
}

TEST_F(run_test, says_what_to_do_outside_lambda) {
  ::unsetenv("AWS_LAMBDA_RUNTIME_API");
  ::testing::internal::CaptureStderr();
  const int status = run([](const request&) { return std::string(); });
  const std::string said = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(status, 1);
  EXPECT_NE(said.find("AWS_LAMBDA_RUNTIME_API is not set"), std::string::npos);
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace
}  // namespace lambda_cache::test
