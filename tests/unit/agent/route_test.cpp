#include "agent/route.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::agent {
namespace {

route ask(std::string_view target, std::vector<header> headers = {},
          compatibility mode = compatibility::agent) {
  settings how;
  how.mode = mode;
  request_view request;
  request.method = "GET";
  request.target = target;
  request.headers = headers;
  return route_of(request, how);
}

wanted wants(std::string_view target, std::vector<header> headers = {},
             compatibility mode = compatibility::agent) {
  const route got = ask(target, std::move(headers), mode);
  if (const auto* refused = std::get_if<response>(&got))
    ADD_FAILURE() << target << ": " << std::string(refused->body.begin(), refused->body.end());
  return std::holds_alternative<wanted>(got) ? std::get<wanted>(got) : wanted{};
}

/// "<status> <body>"
std::string refusal(std::string_view target, compatibility mode = compatibility::agent) {
  const route got = ask(target, {}, mode);
  if (!std::holds_alternative<response>(got)) return "accepted";
  const auto& refused = std::get<response>(got);
  return std::to_string(refused.status) + " " +
         std::string(refused.body.begin(), refused.body.end());
}

constexpr auto extension = compatibility::extension;

TEST(route_test, parameters_with_all_that_the_extension_knows) {
  for (const char* path : {"/systemsmanager/parameters/get", "/systemsmanager/parameters/get/"}) {
    const wanted got = wants(std::string(path) + "?withDecryption=true&name=/a%2Fb&version=3");
    EXPECT_EQ(got.what, subject::parameter);
    EXPECT_EQ(got.names, std::vector<std::string>{"/a/b"});
    EXPECT_TRUE(got.decrypt);
    EXPECT_EQ(got.version, 3);
  }
  const std::string path = "/systemsmanager/parameters/get?name=a";
  EXPECT_FALSE(wants(path).decrypt);
  EXPECT_EQ(wants(path + "&label=live").label, "live");
}

TEST(route_test, of_version_and_label_the_first_counts) {
  const std::string path = "/systemsmanager/parameters/get?name=a";
  const wanted version = wants(path + "&version=3&label=live");
  EXPECT_EQ(version.version, 3);
  EXPECT_FALSE(version.label);
  const wanted label = wants(path + "&label=live&version=3");
  EXPECT_EQ(label.label, "live");
  EXPECT_FALSE(label.version);
}

TEST(route_test, secrets_by_query_and_by_path) {
  const wanted query = wants("/secretsmanager/get?secretId=a/b&versionId=i&versionStage=s");
  EXPECT_EQ(query.what, subject::secret);
  EXPECT_EQ(query.names, std::vector<std::string>{"a/b"});
  EXPECT_EQ(query.version_id, "i");
  EXPECT_EQ(query.version_stage, "s");
  // Not decoded, as with AWS's agent.
  EXPECT_EQ(wants("/v1/arn:aws:x/y%2Fz?versionStage=s").names,
            std::vector<std::string>{"arn:aws:x/y%2Fz"});
  EXPECT_EQ(refusal("/v1/a", extension), "404 Not found");
}

TEST(route_test, another_prefix) {
  settings how;
  how.path_prefix = "/secret/of/";
  request_view request;
  request.method = "GET";
  request.target = "/secret/of/db";
  EXPECT_EQ(std::get<wanted>(route_of(request, how)).names, std::vector<std::string>{"db"});
  request.target = "/v1/db";
  EXPECT_EQ(std::get<response>(route_of(request, how)).status, 404);
}

TEST(route_test, refusals_of_the_agent_word_by_word) {
  EXPECT_EQ(refusal("/secretsmanager/get?secretId=a&color=red"), "400 unknown parameter: color");
  EXPECT_EQ(refusal("/secretsmanager/get?secretId=a&roleArn=x"), "400 unknown parameter: roleArn");
  EXPECT_EQ(refusal("/secretsmanager/get"), "400 missing parameter secretId");
  EXPECT_EQ(refusal("/secretsmanager/get?secretId="), "400 missing parameter secretId");
  EXPECT_EQ(refusal("/v1/"), "400 missing secret ID");
  EXPECT_EQ(refusal("/v1/?secretId=a"), "400 missing secret ID");
  EXPECT_EQ(refusal("/v1/a?secretId=a"), "400 unknown parameter: secretId");
  EXPECT_EQ(refusal("/secretsmanager/get?secretId=a&refreshNow=maybe"),
            "400 invalid refreshNow value");
  for (const char* path : {"/other", "/secretsmanager", "/secretsmanager/get/more", "//ping", "",
                           "*", "/secretsmanager%2Fget", "/PING", "/v1", "/./ping",
                           "/secretsmanager/../ping", "https://localhost/ping"})
    EXPECT_EQ(refusal(path), "404 Not found") << path;
}

TEST(route_test, the_extension_passes_over_what_it_does_not_know_on_its_own_paths) {
  EXPECT_EQ(wants("/secretsmanager/get?color=red&secretId=a", {}, extension).names,
            std::vector<std::string>{"a"});
  EXPECT_EQ(wants("/systemsmanager/parameters/get?name=a&x", {}, extension).names,
            std::vector<std::string>{"a"});
  EXPECT_EQ(refusal("/systemsmanager/parameters/get-many?name=a&x=1", extension),
            "400 unknown parameter: x");
  EXPECT_EQ(refusal("/systemsmanager/parameters/get?name=a&withDecryption=perhaps", extension),
            "400 invalid withDecryption value");
}

TEST(route_test, an_error_repeats_no_more_than_a_little_and_nothing_that_is_no_text) {
  const std::string got =
      refusal("/secretsmanager/get?secretId=a&" + std::string(5000, 'x') + "=1");
  EXPECT_LT(got.size(), 300U);
  EXPECT_EQ(refusal("/secretsmanager/get?secretId=a&a%0d%0ab").find('\n'), std::string::npos);
}

TEST(route_test, refresh_now_is_true_false_1_or_0) {
  const std::string path = "/secretsmanager/get?secretId=a&refreshNow=";
  for (const char* yes : {"true", "TRUE", "True", "1"})
    EXPECT_TRUE(wants(path + yes).refresh_now) << yes;
  for (const char* no : {"false", "False", "0"})
    EXPECT_FALSE(wants(path + no).refresh_now) << no;
  EXPECT_EQ(refusal(path), "400 invalid refreshNow value");
}

TEST(route_test, versions_are_numbers_from_1_on) {
  const std::string path = "/systemsmanager/parameters/get?name=a&version=";
  for (const char* wrong : {"0", "-1", "x", "1x", "", "1.0", "99999999999999999999"})
    EXPECT_EQ(refusal(path + wrong), "400 invalid version value") << wrong;
}

TEST(route_test, several_names) {
  const wanted got = wants("/systemsmanager/parameters/get-many?name=a&name=b&name=a");
  EXPECT_EQ(got.what, subject::parameters);
  EXPECT_EQ(got.names, (std::vector<std::string>{"a", "b", "a"}));
  std::string most = "/systemsmanager/parameters/get-many?name=0";
  for (int i = 1; i < 200; ++i)
    most += "&name=" + std::to_string(i);
  EXPECT_EQ(wants(most).names.size(), 200U);
  EXPECT_EQ(refusal(most + "&name=200"), "400 more than 200 names in one request");
  EXPECT_EQ(refusal("/systemsmanager/parameters/get-many?name=a&name="),
            "400 missing parameter name");
  EXPECT_EQ(refusal("/systemsmanager/parameters/get-many?name=a&version=1"),
            "400 unknown parameter: version");
  EXPECT_EQ(refusal("/systemsmanager/parameters/get-many?name=a&field=x"),
            "400 unknown parameter: field");
}

TEST(route_test, paths_and_objects) {
  const wanted path = wants("/systemsmanager/parameters/by-path?path=/app/&recursive=false");
  EXPECT_EQ(path.what, subject::path);
  EXPECT_EQ(path.names, std::vector<std::string>{"/app/"});
  EXPECT_FALSE(path.recursive);
  EXPECT_TRUE(wants("/systemsmanager/parameters/by-path?path=/").recursive);
  const wanted object = wants("/s3/get?uri=s3://bucket/a+b%2B&versionId=v");
  EXPECT_EQ(object.what, subject::object);
  EXPECT_EQ(object.names, std::vector<std::string>{"s3://bucket/a b+"});
  EXPECT_EQ(object.version_id, "v");
  EXPECT_EQ(refusal("/s3/get?uri=s3://b/k&field=x"), "400 unknown parameter: field");
}

TEST(route_test, cache_control_lowers_the_age) {
  const auto with = [](const char* control) {
    return wants("/secretsmanager/get?secretId=a", {{"cache-control", control}});
  };
  EXPECT_EQ(with("max-age=5").max_age, 5 * core::second);
  EXPECT_EQ(with("private, MAX-AGE=0.25 ").max_age, core::second / 4);
  EXPECT_EQ(with("max-age=9,max-age=5").max_age, 5 * core::second);
  EXPECT_TRUE(with("max-age=0").refresh_now);
  EXPECT_TRUE(with("No-Cache").refresh_now);
  EXPECT_EQ(with("max-age=99999999999").max_age, core::infinite);
  for (const char* nothing : {"", "max-age", "max-age=", "max-age=-1", "max-age=x", "max-age=nan",
                              "s-maxage=1", "no-store", "max-age=5x", ",,,"}) {
    EXPECT_FALSE(with(nothing).max_age) << nothing;
    EXPECT_FALSE(with(nothing).refresh_now) << nothing;
  }
  EXPECT_EQ(
      wants("/v1/a", {{"Cache-Control", "max-age=7"}, {"Cache-Control", "max-age=3"}}).max_age,
      3 * core::second);
}

TEST(route_test, transforms_have_names) {
  for (const char* fine : {"json", "binary", "auto"})
    EXPECT_EQ(wants("/v1/a?transform=" + std::string(fine)).transform, fine);
  EXPECT_EQ(refusal("/v1/a?transform=xml"), "400 invalid transform value: json, binary or auto");
}

TEST(route_test, json_is_asked_for_by_name) {
  EXPECT_TRUE(wants("/v1/a", {{"Accept", "text/html, Application/JSON;q=0.5"}}).json_errors);
  EXPECT_FALSE(wants("/v1/a", {{"Accept", "*/*"}}).json_errors);
  EXPECT_FALSE(wants("/v1/a").json_errors);
}

TEST(route_test, pages_and_those_that_are_off) {
  EXPECT_EQ(std::get<page>(ask("/ping")), page::ping);
  EXPECT_EQ(std::get<page>(ask("/ping/?x=y")), page::ping);
  EXPECT_EQ(std::get<page>(ask("/healthz")), page::health);
  EXPECT_EQ(std::get<page>(ask("/metrics")), page::metrics);
  EXPECT_EQ(std::get<page>(ask("/")), page::status);
  EXPECT_EQ(std::get<page>(ask("http://localhost")), page::status);
  EXPECT_EQ(std::get<page>(ask("/status.json")), page::status_data);
  settings off;
  off.metrics = off.status_page = false;
  for (const char* path : {"/metrics", "/", "/status.json"}) {
    request_view request;
    request.method = "GET";
    request.target = path;
    EXPECT_EQ(std::get<response>(route_of(request, off)).status, 404) << path;
  }
}

TEST(route_test, get_only) {
  for (const char* method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "CONNECT"}) {
    request_view request;
    request.method = method;
    request.target = "/v1/a";
    EXPECT_EQ(std::get<response>(route_of(request, settings{})).status, 405) << method;
  }
}

}  // namespace
}  // namespace lambda_cache::agent
