#include "cli/doctor_report.hpp"

#include "cli/table.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace lambda_cache::cli {
namespace {

doctor_report healthy_one() {
  wiring::surroundings around;
  around.region = "eu-west-1";
  around.region_from = "AWS_REGION";
  around.routes = {{.service = "ssm",
                    .url = "https://ssm.eu-west-1.amazonaws.com",
                    .problem = {},
                    .is_aws = true,
                    .trust = "built-in Amazon roots",
                    .proxy = ""}};
  doctor_report out{
      .version = "1.2.3",
      .around = around,
      .identity = {"environment",
                   wiring::identity{"123456789012", "arn:aws:iam::123456789012:user/u"}, 0},
      .function = {},
      .function_failure = {},
      .entries = {},
      .calls = {},
      .policies = {},
      .no_policy = {}};
  out.entries.push_back({.name = "ssm:/a",
                         .failure = {},
                         .optional = false,
                         .took = 12'340'000,
                         .facts = "String, version 1",
                         .held = 0});
  out.calls.stores = {{.by_name = 1, .by_path = 0}};
  out.policies = {{"", "{\n  \"Version\": \"2012-10-17\"\n}\n"}};
  return out;
}

error_info failure(error_kind kind, std::string message) {
  error_info out;
  out.kind = kind;
  out.message = std::move(message);
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(doctor_report_test, columns_are_aligned) {
  table out;
  out.row({"a", "long", "x"});
  out.row({"longer", "b", ""});
  out.row({"c"});
  EXPECT_EQ(out.text(), "a       long  x\nlonger  b\nc\n");
}

TEST(doctor_report_test, a_healthy_one) {
  const doctor_report report = healthy_one();
  EXPECT_TRUE(report.healthy());
  const std::string text = text_of(report);
  EXPECT_TRUE(has(text, "lambda-cache 1.2.3\n"));
  EXPECT_TRUE(has(text, "account      123456789012\n"));
  EXPECT_TRUE(has(text, "region       eu-west-1 (AWS_REGION)\n"));
  EXPECT_TRUE(has(text, "clock        as that of AWS\n"));
  EXPECT_TRUE(has(text, "ok    12.3 ms  ssm:/a  String, version 1\n"));
  EXPECT_TRUE(has(text, "A cold start makes 1 call: 1 GetParameter or GetParameters.\n"));
  EXPECT_TRUE(has(text, "40 cold starts a second"));
  EXPECT_TRUE(has(text, "\"Version\": \"2012-10-17\""));
  EXPECT_FALSE(has(text, "FAILED"));
}

TEST(doctor_report_test, what_is_missing_but_has_a_default_is_well) {
  doctor_report report = healthy_one();
  report.entries.front().failure = failure(error_kind::not_found, "not there");
  EXPECT_FALSE(report.healthy());
  report.entries.front().optional = true;
  report.entries.front().took.reset();
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(has(text_of(report), "missing        ssm:/a  has a default\n"));
  report.entries.front().failure->kind = error_kind::access_denied;
  EXPECT_FALSE(report.healthy());
}

TEST(doctor_report_test, values_that_can_be_read_prove_the_credentials) {
  doctor_report report = healthy_one();
  report.identity.who = core::fail(failure(error_kind::connection, "no way to STS"));
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(has(text_of(report), "FAILED: no way to STS"));
  report.entries.clear();
  EXPECT_FALSE(report.healthy());
}

TEST(doctor_report_test, what_failed_before) {
  doctor_report report = healthy_one();
  report.around = core::fail(failure(error_kind::invalid_argument, "no profile\n'x'"));
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(has(text_of(report), "configuration  FAILED: no profile 'x'\n"));
  report = healthy_one();
  report.function = "app.handler";
  report.function_failure = failure(error_kind::invalid_argument, "no module");
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(has(text_of(report), "FAILED: no module\n"));
}

TEST(doctor_report_test, clocks_that_differ) {
  doctor_report report = healthy_one();
  report.identity.clock_difference = 70;
  EXPECT_TRUE(has(text_of(report), "clock        70 s behind that of AWS\n"));
  report.identity.clock_difference = -400;
  EXPECT_TRUE(has(text_of(report), "400 s ahead of that of AWS: signatures are refused"));
}

TEST(doctor_report_test, proxies) {
  doctor_report report = healthy_one();
  report.around->routes.front().proxy = "the proxy proxy:1 (HTTPS_PROXY)";
  EXPECT_TRUE(has(text_of(report), ", by the proxy proxy:1 (HTTPS_PROXY)\n"));
}

TEST(doctor_report_test, as_json) {
  doctor_report report = healthy_one();
  report.entries.push_back({.name = "secret:b",
                            .failure = failure(error_kind::access_denied, "denied"),
                            .optional = false,
                            .took = {},
                            .facts = {},
                            .held = 0});
  const auto json = boost::json::parse(json_of(report));
  EXPECT_FALSE(json.at("healthy").as_bool());
  EXPECT_EQ(json.at("region").at("from"), "AWS_REGION");
  EXPECT_EQ(json.at("credentials").at("account"), "123456789012");
  EXPECT_EQ(json.at("entries").at(0).at("milliseconds").as_double(), 12.3);
  EXPECT_EQ(json.at("entries").at(1).at("failure").at("kind"), "access_denied");
  EXPECT_EQ(json.at("cold_start").at("calls"), 1);
  EXPECT_EQ(json.at("cold_start").at("a_second_by_default"), 40);
  EXPECT_EQ(json.at("policies").at(0).at("policy").at("Version"), "2012-10-17");
  report.around = core::fail(failure(error_kind::invalid_argument, "x"));
  report.identity.who = core::fail(failure(error_kind::credentials, "none"));
  const auto broken = boost::json::parse(json_of(report));
  EXPECT_EQ(broken.at("credentials").at("failure").at("kind"), "credentials");
  EXPECT_EQ(broken.at("configuration_failure").at("message"), "x");
}

}  // namespace
}  // namespace lambda_cache::cli
