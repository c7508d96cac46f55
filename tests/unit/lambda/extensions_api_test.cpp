#include "lambda/extensions_api.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lambda_cache::lambda {
namespace {

const net::origin api{.tls = false, .host = "127.0.0.1", .port = 9001};
const registration known{.identifier = "id-1"};

std::string header(const net::http_request& of, std::string_view name) {
  for (const net::header& each : of.headers)
    if (each.name == name) return each.value;
  return "(none)";
}

std::string body(const net::http_request& of) {
  return {of.body.begin(), of.body.end()};
}

net::http_response answer(int status, std::string_view text, std::string_view identifier = {}) {
  net::http_response out;
  out.status = status;
  if (!identifier.empty())
    out.headers.push_back({"lambda-extension-identifier", std::string(identifier)});
  out.body.assign(text.begin(), text.end());
  return out;
}

TEST(extensions_api_test, registers_under_the_name_of_the_file) {
  const auto made = register_request(api, "lambda-cache", true);
  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.to, api);
  EXPECT_EQ(made.target, "/2020-01-01/extension/register");
  EXPECT_EQ(header(made, "Lambda-Extension-Name"), "lambda-cache");
  EXPECT_EQ(body(made), R"({"events":["INVOKE","SHUTDOWN"]})");
}

TEST(extensions_api_test, registers_for_the_end_alone) {
  EXPECT_EQ(body(register_request(api, "lambda-cache", false)), R"({"events":["SHUTDOWN"]})");
}

TEST(extensions_api_test, a_name_does_not_leave_its_header) {
  EXPECT_EQ(header(register_request(api, "a\r\nX-Bad: \xc3\xa4", true), "Lambda-Extension-Name"),
            "a??X-Bad: ??");
}

TEST(extensions_api_test, asks_for_events_as_who_it_is) {
  const auto made = next_event_request(api, known);
  EXPECT_EQ(made.method, "GET");
  EXPECT_EQ(made.target, "/2020-01-01/extension/event/next");
  EXPECT_EQ(header(made, "Lambda-Extension-Identifier"), "id-1");
  EXPECT_TRUE(body(made).empty());
}

TEST(extensions_api_test, tells_why_it_cannot_start) {
  const auto made =
      extension_init_error_request(api, known, "Extension.CannotListen", "port \"2773\"");
  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.target, "/2020-01-01/extension/init/error");
  EXPECT_EQ(header(made, "Lambda-Extension-Identifier"), "id-1");
  EXPECT_EQ(header(made, "Lambda-Extension-Function-Error-Type"), "Extension.CannotListen");
  EXPECT_EQ(
      body(made),
      R"({"errorMessage":"port \"2773\"","errorType":"Extension.CannotListen","stackTrace":[]})");
}

TEST(extensions_api_test, a_registration_has_an_identifier) {
  const auto got = parse_registration(answer(200, R"({"functionName":"f"})", "id-1"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->identifier, "id-1");
  for (const char* wrong : {"", "a b", "a\x01", "\xc3\xa4"})
    EXPECT_FALSE(parse_registration(answer(200, "{}", wrong))) << wrong;
}

TEST(extensions_api_test, a_refusal_is_told_in_lambdas_words) {
  const auto got = parse_registration(
      answer(403, R"({"errorType":"Extension.InvalidEventType","errorMessage":"no)"
                  "\n"
                  R"("})"));
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("HTTP 403"), std::string::npos);
  EXPECT_NE(got.error().message.find("Extension.InvalidEventType"), std::string::npos);
  EXPECT_EQ(got.error().message.find('\n'), std::string::npos);
  EXPECT_FALSE(parse_event(answer(500, R"({"eventType":"INVOKE"})")));
}

TEST(extensions_api_test, events_are_told_apart_however_they_are_written) {
  EXPECT_EQ(parse_event(answer(200, R"({"eventType":"INVOKE","requestId":"SHUTDOWN"})")),
            extension_event::invoke);
  EXPECT_EQ(parse_event(answer(200, R"({"deadlineMs":1, "eventType" : "SHUTDOWN"})")),
            extension_event::shutdown);
}

TEST(extensions_api_test, what_is_no_event_is_refused) {
  for (const char* wrong :
       {"", "{}", "[]", "null", R"({"eventType":"RESTORE"})", R"({"eventType":null})",
        R"({"eventType":"INVOKE)", R"({"eventType")", R"({"EventType":"INVOKE"})"}) {
    const auto got = parse_event(answer(200, wrong));
    ASSERT_FALSE(got) << wrong;
    EXPECT_EQ(got.error().kind, error_kind::protocol);
  }
}

}  // namespace
}  // namespace lambda_cache::lambda
