#include "lambda/runtime_api.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace lambda_cache::lambda {
namespace {

std::string header(const net::http_request& of, std::string_view name) {
  for (const net::header& each : of.headers) {
    if (each.name == name) return each.value;
  }
  return "(none)";
}

std::string body(const net::http_request& of) {
  return {of.body.begin(), of.body.end()};
}

const net::origin api{.tls = false, .host = "127.0.0.1", .port = 9001};

TEST(runtime_api_address, is_host_and_port) {
  EXPECT_EQ(parse_runtime_api("127.0.0.1:9001"), api);
  EXPECT_EQ(parse_runtime_api("runtime")->port, 80);
  EXPECT_EQ(parse_runtime_api("[::1]:9001")->host, "::1");
  EXPECT_EQ(parse_runtime_api("[::1]:9001")->port, 9001);
  EXPECT_EQ(parse_runtime_api("[::1]")->host, "::1");
}

TEST(runtime_api_address, refuses_what_lambda_never_sets) {
  for (const auto* wrong : {"", ":9001", "host:", "host:0", "host:70000", "host:9o",
                            "http://127.0.0.1:9001", "host/path", "a\nb:1", "user:secret@host:1"}) {
    const auto refused = parse_runtime_api(wrong);
    ASSERT_FALSE(refused.has_value()) << wrong;
    EXPECT_EQ(refused.error().message,
              "AWS_LAMBDA_RUNTIME_API is not host:port, as Lambda sets it");
  }
}

TEST(runtime_api_requests, ask_for_the_next_invocation) {
  const auto made = next_request(api);

  EXPECT_EQ(made.method, "GET");
  EXPECT_EQ(made.to, api);
  EXPECT_EQ(made.target, "/2018-06-01/runtime/invocation/next");
  EXPECT_TRUE(header(made, "User-Agent").starts_with("lambda-cache-cpp/"));
}

TEST(runtime_api_requests, carry_an_answer) {
  const auto made = answer_request(api, "id-1", response::success("{}", "application/x"));

  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.target, "/2018-06-01/runtime/invocation/id-1/response");
  EXPECT_EQ(header(made, "Content-Type"), "application/x");
  EXPECT_EQ(header(made, "Lambda-Runtime-Function-Error-Type"), "(none)");
  EXPECT_EQ(body(made), "{}");
}

TEST(runtime_api_requests, carry_a_failure) {
  const auto made = answer_request(api, "id-1", response::failure("it \"broke\"\n", "my.type"));

  EXPECT_EQ(made.target, "/2018-06-01/runtime/invocation/id-1/error");
  EXPECT_EQ(header(made, "Content-Type"), "application/json");
  EXPECT_EQ(header(made, "Lambda-Runtime-Function-Error-Type"), "my.type");
  EXPECT_EQ(body(made),
            R"({"errorMessage":"it \"broke\"\u000a","errorType":"my.type","stackTrace":[]})");
}

TEST(runtime_api_requests, keep_foreign_text_out_of_headers) {
  const auto made = answer_request(api, "id", response::failure("", "a\r\nX-Bad: 1\x7f\xc3\xa4"));

  EXPECT_EQ(header(made, "Lambda-Runtime-Function-Error-Type"), "a??X-Bad: 1???");
}

TEST(runtime_api_requests, carry_an_initialisation_error) {
  const auto made = init_error_request(api, response::failure("no", "t"));

  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.target, "/2018-06-01/runtime/init/error");
  EXPECT_EQ(header(made, "Lambda-Runtime-Function-Error-Type"), "t");
}

net::http_response next_answer(std::vector<net::header> headers, std::string_view payload) {
  net::http_response answer;
  answer.status = 200;
  answer.headers = std::move(headers);
  answer.body.assign(payload.begin(), payload.end());
  return answer;
}

TEST(runtime_api_invocation, has_what_the_headers_say) {
  const auto parsed = parse_next(next_answer({{"lambda-runtime-aws-request-id", "8476a536"},
                                              {"Lambda-Runtime-Deadline-Ms", "1542409706888"},
                                              {"Lambda-Runtime-Invoked-Function-Arn", "arn:f"},
                                              {"Lambda-Runtime-Trace-Id", "Root=1"},
                                              {"Lambda-Runtime-Client-Context", "{}"},
                                              {"Lambda-Runtime-Cognito-Identity", "{\"a\":1}"}},
                                             "{\"refresh\": true}"));

  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->request_id, "8476a536");
  EXPECT_EQ(parsed->deadline.time_since_epoch(), std::chrono::milliseconds(1542409706888));
  EXPECT_EQ(parsed->function_arn, "arn:f");
  EXPECT_EQ(parsed->trace_id, "Root=1");
  EXPECT_EQ(parsed->client_context, "{}");
  EXPECT_EQ(parsed->cognito_identity, "{\"a\":1}");
  EXPECT_EQ(parsed->payload, "{\"refresh\": true}");
  EXPECT_EQ(parsed->time_remaining(), std::chrono::milliseconds(0));
}

TEST(runtime_api_invocation, needs_a_request_id_that_fits_into_a_path) {
  EXPECT_FALSE(parse_next(next_answer({}, "{}")).has_value());
  EXPECT_FALSE(
      parse_next(next_answer({{"Lambda-Runtime-Aws-Request-Id", "a/b"}}, "{}")).has_value());
}

TEST(runtime_api_invocation, has_no_deadline_where_the_header_makes_no_sense) {
  for (const auto* wrong : {"", "soon", "-1", "99999999999999999999", "9999999999999999", "1.5"}) {
    const auto parsed = parse_next(next_answer(
        {{"Lambda-Runtime-Aws-Request-Id", "id"}, {"Lambda-Runtime-Deadline-Ms", wrong}}, ""));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->deadline, std::chrono::system_clock::time_point()) << wrong;
  }
}

TEST(runtime_response, is_a_success_or_a_failure) {
  const response good = response::success("{}");
  EXPECT_TRUE(good.is_success());
  EXPECT_EQ(good.payload(), "{}");
  EXPECT_EQ(good.content_type(), "application/json");
  EXPECT_EQ(good.error_type(), "");

  const response bad = response::failure("message", "type");
  EXPECT_FALSE(bad.is_success());
  EXPECT_EQ(bad.error_type(), "type");
}

TEST(runtime_request, counts_down_to_its_deadline) {
  request invocation;
  EXPECT_EQ(invocation.time_remaining(), std::chrono::milliseconds(0));

  invocation.deadline = std::chrono::system_clock::now() + std::chrono::hours(1);
  EXPECT_GT(invocation.time_remaining(), std::chrono::minutes(59));
  EXPECT_LE(invocation.time_remaining(), std::chrono::hours(1));
}

}  // namespace
}  // namespace lambda_cache::lambda
