// Wrapped handlers as the argument of awslabs/aws-lambda-cpp's run_handler().
#include "support/aws_lambda_cpp.hpp"

#include <lambda_cache/handler.hpp>

#include "fake_handles.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace lambda_cache::test {
namespace {

using aws::lambda_runtime::answers;
using aws::lambda_runtime::events;
using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;
using aws::lambda_runtime::run_handler;

class aws_lambda_cpp : public ::testing::Test {
 protected:
  aws_lambda_cpp() {
    rounds.clear();
    events.assign(2, invocation_request());
    events[0].payload = "first";
    events[1].payload = "second";
  }
};

TEST_F(aws_lambda_cpp, takes_a_wrapped_handler_as_it_is) {
  auto handler = with(single("var", fetching("/app/var", "blue")))(
      [](const invocation_request& request, Context& context) {
        return invocation_response::success(
            request.payload + " " + std::string(context.text("var")), "text/plain");
      });
  run_handler(handler);

  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].get_payload(), "first blue");
  EXPECT_EQ(answers[1].get_payload(), "second blue");
  EXPECT_EQ(rounds.size(), 1U);
}

TEST_F(aws_lambda_cpp, takes_a_generic_move_only_handler) {
  run_handler(with(single("var", cached("/app/var", "blue")))(
      [suffix = std::make_unique<std::string>("!")](const auto& request, auto& context) {
        return invocation_response::success(
            request.payload + std::string(context.text("var")) + *suffix, "text/plain");
      }));

  EXPECT_EQ(answers.at(1).get_payload(), "secondblue!");
}

TEST_F(aws_lambda_cpp, gets_a_failure_where_a_value_cannot_be_read) {
  const auto denied =
      make_failure(error_kind::access_denied, "no /app/var", "AccessDeniedException");
  run_handler(with(single("var", failing("/app/var", denied)))(
      [](const invocation_request&, Context&) { return invocation_response::success("", ""); }));

  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers[0].is_success());
  EXPECT_EQ(
      answers[0].get_payload(),
      R"({"errorMessage":"no /app/var","errorType":"AccessDeniedException", "stackTrace":[]})");
}

TEST_F(aws_lambda_cpp, its_request_says_when_the_invocation_ends) {
  events.resize(1);
  events[0].request_id = "id-1";
  events[0].xray_trace_id = "Root=1";
  events[0].deadline = std::chrono::system_clock::now() + std::chrono::minutes(1);
  run_handler(with(single("var", cached("/app/var", "blue")))(
      [](const invocation_request& request, Context& context) {
        EXPECT_EQ(context.deadline(), request.deadline);
        EXPECT_EQ(context.request_id(), "id-1");
        EXPECT_EQ(context.trace_id(), "Root=1");
        return invocation_response::success("", "");
      }));

  EXPECT_EQ(answers.size(), 1U);
}

}  // namespace
}  // namespace lambda_cache::test
