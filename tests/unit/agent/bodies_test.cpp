// The answers of AWS's two products, byte for byte.
#include "agent/bodies.hpp"

#include "agent/failures.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace lambda_cache::agent {
namespace {

/// What tests say of a value, the rest is empty.
core::value_details details(std::string name, std::optional<std::int64_t> changed_at = {},
                            std::vector<std::string> stages = {}) {
  core::value_details made;
  made.name = std::move(name);
  made.changed_at = changed_at;
  made.stages = std::move(stages);
  return made;
}

core::value_data value_of(std::string_view content, core::value_details more = {}) {
  core::value_data made;
  made.content.assign(content.begin(), content.end());
  made.details = std::make_shared<core::value_details>(std::move(more));
  return made;
}

std::string parameter(const core::value_data& value) {
  core::secret_bytes out;
  append_parameter_answer(out, value);
  return {out.begin(), out.end()};
}

std::string secret(const core::value_data& value, compatibility mode) {
  core::secret_bytes out;
  append_secret_answer(out, value, mode);
  return {out.begin(), out.end()};
}

TEST(bodies_test, a_parameter_has_every_key_and_null_for_what_there_is_not) {
  core::value_details more = details("/x", 1668586960362);
  more.data_type = "text";
  core::value_data value = value_of("v", std::move(more));
  value.arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/x";
  value.type = "String";
  value.version = 1;
  EXPECT_EQ(parameter(value),
            R"({"Parameter":{"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter/x",)"
            R"("DataType":"text","LastModifiedDate":"2022-11-16T08:22:40.362Z","Name":"/x",)"
            R"("Selector":null,"SourceResult":null,"Type":"String","Value":"v","Version":1},)"
            R"("ResultMetadata":{}})");
}

TEST(bodies_test, a_selector_and_a_source_are_passed_on) {
  core::value_details more = details("/aws/reference/secretsmanager/db");
  more.selector = ":live";
  const std::string_view source = R"({"ARN":"a"})";
  more.source_result.assign(source.begin(), source.end());
  core::value_data value = value_of("s3cret", std::move(more));
  value.type = "SecureString";
  EXPECT_EQ(parameter(value),
            R"({"Parameter":{"ARN":null,"DataType":null,"LastModifiedDate":null,)"
            R"("Name":"/aws/reference/secretsmanager/db","Selector":":live",)"
            R"("SourceResult":"{\"ARN\":\"a\"}","Type":"SecureString","Value":"s3cret",)"
            R"("Version":0},"ResultMetadata":{}})");
}

TEST(bodies_test, values_are_escaped_as_json) {
  core::value_data value = value_of("\"\\\n\t\x01\xe2\x82\xac\xff");
  EXPECT_NE(parameter(value).find("\"Value\":\"\\\"\\\\\\n\\t\\u0001\xe2\x82\xac\xef\xbf\xbd\""),
            std::string::npos)
      << parameter(value);
}

TEST(bodies_test, times_as_go_writes_them) {
  const auto time = [](std::int64_t unix_milliseconds) {
    const std::string all = parameter(value_of("", details("n", unix_milliseconds)));
    const std::size_t at = all.find("Date\":\"") + 7;
    return all.substr(at, all.find('"', at) - at);
  };
  EXPECT_EQ(time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time(1), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(time(1600000000100), "2020-09-13T12:26:40.1Z");
  EXPECT_EQ(time(1600000000120), "2020-09-13T12:26:40.12Z");
  EXPECT_EQ(time(1709164799999), "2024-02-28T23:59:59.999Z");
  EXPECT_EQ(time(1709251199000), "2024-02-29T23:59:59Z");
  EXPECT_EQ(time(253402300799000), "9999-12-31T23:59:59Z");
}

core::value_data a_secret() {
  core::value_data value = value_of("v", details("x", 1569534789046, {"AWSCURRENT", "live"}));
  value.arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf";
  value.version_id = "11111111-2222-3333-4444-555555555555";
  return value;
}

TEST(bodies_test, a_secret_as_the_extension_writes_it) {
  EXPECT_EQ(secret(a_secret(), compatibility::extension),
            R"({"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",)"
            R"("CreatedDate":"2019-09-26T21:53:09.046Z","Name":"x","SecretBinary":null,)"
            R"("SecretString":"v","VersionId":"11111111-2222-3333-4444-555555555555",)"
            R"("VersionStages":["AWSCURRENT","live"],"ResultMetadata":{}})");
}

TEST(bodies_test, a_secret_as_the_agent_writes_it) {
  EXPECT_EQ(secret(a_secret(), compatibility::agent),
            R"({"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf","Name":"x",)"
            R"("VersionId":"11111111-2222-3333-4444-555555555555","SecretString":"v",)"
            R"("VersionStages":["AWSCURRENT","live"],"CreatedDate":"1569534789.046"})");
}

TEST(bodies_test, binary_secrets_are_base64) {
  core::value_data value = a_secret();
  value.kind = core::value_kind::bytes;
  const std::string_view bytes("\0\xff\x01", 3);
  value.content.assign(bytes.begin(), bytes.end());
  EXPECT_NE(
      secret(value, compatibility::extension).find(R"("SecretBinary":"AP8B","SecretString":null,)"),
      std::string::npos);
  const std::string agents = secret(value, compatibility::agent);
  EXPECT_NE(agents.find(R"("SecretBinary":"AP8B","VersionStages")"), std::string::npos);
  EXPECT_EQ(agents.find("SecretString"), std::string::npos);
}

TEST(bodies_test, without_stages_and_date) {
  core::value_data value = value_of("v", details("x"));
  EXPECT_EQ(secret(value, compatibility::agent),
            R"({"ARN":"","Name":"x","VersionId":"","SecretString":"v"})");
  EXPECT_EQ(secret(value, compatibility::extension),
            R"({"ARN":null,"CreatedDate":null,"Name":"x","SecretBinary":null,"SecretString":"v",)"
            R"("VersionId":null,"VersionStages":null,"ResultMetadata":{}})");
}

error_info failure(error_kind kind, std::string code = {}, int status = 0) {
  error_info why = core::make_error(kind, "It said \"no\".");
  why.code = std::move(code);
  why.http_status = status;
  return why;
}

/// "<status> <body>"
std::string text(const response& made) {
  return std::to_string(made.status) + " " + std::string(made.body.begin(), made.body.end());
}

TEST(failures_test, the_extension_tells_no_cause) {
  for (const auto kind : {error_kind::not_found, error_kind::access_denied, error_kind::throttled,
                          error_kind::timeout, error_kind::connection, error_kind::service}) {
    const response made = failed_read(failure(kind, "X", 500), compatibility::extension, false);
    EXPECT_EQ(text(made), "400 an unexpected error occurred while executing request");
    EXPECT_EQ(made.content_type, "");
  }
}

TEST(failures_test, the_agent_passes_the_service_on) {
  const auto as_agent = [](const error_info& why) {
    const response made = failed_read(why, compatibility::agent, false);
    EXPECT_EQ(made.content_type, "");
    return text(made);
  };
  EXPECT_EQ(as_agent(failure(error_kind::not_found, "ResourceNotFoundException", 400)),
            R"(400 {"__type":"ResourceNotFoundException", "message":"It said \"no\"."})");
  EXPECT_EQ(as_agent(failure(error_kind::service, "InternalServiceError", 500)),
            R"(500 {"__type":"InternalServiceError", "message":"It said \"no\"."})");
  EXPECT_EQ(as_agent(failure(error_kind::timeout)),
            R"(504 {"__type":"TimeoutError", "message":"Timeout"})");
  EXPECT_EQ(as_agent(failure(error_kind::connection)),
            R"(502 {"__type":"ConnectionError", "message":"Read Error"})");
  EXPECT_EQ(as_agent(failure(error_kind::protocol)),
            R"(502 {"__type":"ConnectionError", "message":"Response Error"})");
  EXPECT_EQ(as_agent(failure(error_kind::service)), R"(500 {"__type":"InternalFailure"})");
}

TEST(failures_test, json_says_what_is_known) {
  error_info why = failure(error_kind::throttled, "ThrottlingException", 400);
  why.service = "ssm";
  why.operation = "GetParameters";
  why.name = "/a";
  why.request_id = "r-1";
  why.retryable = true;
  for (const auto mode : {compatibility::agent, compatibility::extension}) {
    const response made = failed_read(why, mode, true);
    EXPECT_EQ(made.content_type, "application/json");
    EXPECT_EQ(text(made), R"(400 {"__type":"ThrottlingException","message":"It said \"no\".",)"
                          R"("kind":"throttled","service":"ssm","operation":"GetParameters",)"
                          R"("name":"/a","requestId":"r-1","retryable":true})");
  }
}

TEST(failures_test, statuses_and_codes_where_the_service_gave_none) {
  const auto as_json = [](error_kind kind) {
    const std::string all = text(failed_read(failure(kind), compatibility::agent, true));
    return all.substr(0, all.find("\",\""));
  };
  EXPECT_EQ(as_json(error_kind::timeout), R"(504 {"__type":"TimeoutError)");
  EXPECT_EQ(as_json(error_kind::connection), R"(502 {"__type":"ConnectionError)");
  EXPECT_EQ(as_json(error_kind::tls), R"(502 {"__type":"ConnectionError)");
  EXPECT_EQ(as_json(error_kind::not_found), R"(400 {"__type":"ResourceNotFoundException)");
  EXPECT_EQ(as_json(error_kind::invalid_argument), R"(400 {"__type":"ValidationException)");
  EXPECT_EQ(as_json(error_kind::access_denied), R"(400 {"__type":"AccessDeniedException)");
  EXPECT_EQ(as_json(error_kind::throttled), R"(400 {"__type":"ThrottlingException)");
  EXPECT_EQ(as_json(error_kind::credentials), R"(500 {"__type":"CredentialsError)");
  EXPECT_EQ(as_json(error_kind::transform), R"(400 {"__type":"TransformError)");
}

TEST(failures_test, wrong_requests_are_text_or_json) {
  EXPECT_EQ(text(invalid_request("no <name>", false)), "400 no <name>");
  EXPECT_EQ(text(invalid_request("no", true)),
            R"(400 {"__type":"ValidationException","message":"no","kind":"invalid_argument",)"
            R"("retryable":false})");
}

TEST(request_test, heads) {
  response made = text_response(405, "no");
  EXPECT_EQ(head_of(made, 2, false),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n"
            "X-Content-Type-Options: nosniff\r\nAllow: GET\r\nConnection: close\r\n\r\n");
  made = {};
  made.status = 304;
  made.etag = "\"e\"";
  made.from = value_origin::stale;
  made.age = 1500 * core::millisecond;
  EXPECT_EQ(head_of(made, 0, true),
            "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nAge: 1\r\nX-Cache: STALE\r\n"
            "X-Cache-Age: 1.500\r\nConnection: keep-alive\r\n\r\n");
}

}  // namespace
}  // namespace lambda_cache::agent
