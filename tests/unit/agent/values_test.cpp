// Reads of values over HTTP: what is fetched, what is answered, and what is said about it.
#include "unit/agent/agent_fixture.hpp"

#include <chrono>

namespace lambda_cache::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* secret_path = "/secretsmanager/get?secretId=db";

class values_test : public agent_fixture {
 protected:
  test_support::local_answer with(const std::string& target, const std::string& header) {
    return get(target, token + header + "\r\n");
  }
  static std::string field_of(const std::string& body, const std::string& name) {
    const std::size_t at = body.find('"' + name + "\":");
    if (at == std::string::npos) return "(none)";
    const std::size_t begin = at + name.size() + 3;
    return body.substr(begin, body.find_first_of(",}", begin) - begin);
  }
};

TEST_F(values_test, encrypted_unless_decryption_is_asked_for) {
  cloud_.put_parameter("/k", "plain", {.type = "SecureString"});
  start({.mode = compatibility::extension});
  const std::string path = "/systemsmanager/parameters/get?name=/k";
  EXPECT_EQ(field_of(get(path + "&withDecryption=true").body, "Value"), "\"plain\"");
  const auto encrypted = get(path);
  EXPECT_EQ(encrypted.status, 200);
  EXPECT_EQ(encrypted.body.find("plain"), std::string::npos);
  EXPECT_EQ(field_of(encrypted.body, "Type"), "\"SecureString\"");
  EXPECT_EQ(field_of(get(path + "&withDecryption=true").body, "Value"), "\"plain\"");
  EXPECT_EQ(cloud_.call_count("/k"), 2U);
}

TEST_F(values_test, versions_and_labels_have_their_selector) {
  cloud_.put_parameter("/v", "one", {.labels = {"old"}});
  cloud_.put_parameter("/v", "two");
  start({.mode = compatibility::extension});
  const std::string path = "/systemsmanager/parameters/get?name=/v";
  const auto plain = get(path).body;
  EXPECT_EQ(field_of(plain, "Value"), "\"two\"");
  EXPECT_EQ(field_of(plain, "Selector"), "null");
  const auto version = get(path + "&version=1").body;
  EXPECT_EQ(field_of(version, "Value"), "\"one\"");
  EXPECT_EQ(field_of(version, "Selector"), "\":1\"");
  EXPECT_EQ(field_of(version, "Name"), "\"/v\"");
  const auto label = get(path + "&label=old&version=2").body;
  EXPECT_EQ(field_of(label, "Value"), "\"one\"");
  EXPECT_EQ(field_of(label, "Selector"), "\":old\"");
}

TEST_F(values_test, versions_of_secrets) {
  const std::string first = cloud_.put_secret("db", "one");
  cloud_.put_secret("db", "two");
  start();
  const std::string path = secret_path;
  EXPECT_EQ(field_of(get(path).body, "SecretString"), "\"two\"");
  EXPECT_EQ(field_of(get(path + "&versionStage=AWSPREVIOUS").body, "SecretString"), "\"one\"");
  EXPECT_EQ(field_of(get(path + "&versionId=" + first).body, "SecretString"), "\"one\"");
  EXPECT_EQ(field_of(get("/v1/db?versionId=" + first).body, "VersionId"), '"' + first + '"');
}

TEST_F(values_test, a_failed_refresh_does_not_fall_back_and_leaves_the_entry_alone) {
  cloud_.put_secret("db", "kept");
  start();
  const auto before = get(secret_path);
  cloud_.fail("db", "InternalServiceError");
  for (const std::string& forced : {std::string(secret_path) + "&refreshNow=true"}) {
    const auto failed = get(forced);
    EXPECT_EQ(failed.status / 100, 5);
    EXPECT_TRUE(failed.body.starts_with("{\"__type\":\"InternalServiceError\", \"message\":"))
        << failed.body;
  }
  EXPECT_EQ(with(secret_path, "Cache-Control: no-cache").status / 100, 5);
  const auto after = get(secret_path);
  EXPECT_EQ(after.body, before.body);
  EXPECT_EQ(after.headers.at("x-cache"), "HIT");
}

TEST_F(values_test, cache_control_accepts_what_is_young_enough) {
  cloud_.put_secret("db", "old");
  start();
  get(secret_path);
  cloud_.move(10s);
  cloud_.put_secret("db", "new");
  const auto old = with(secret_path, "Cache-Control: max-age=11");
  EXPECT_EQ(field_of(old.body, "SecretString"), "\"old\"");
  EXPECT_EQ(old.headers.at("age"), "10");
  const auto fresh = with(secret_path, "Cache-Control: max-age=9.5");
  EXPECT_EQ(field_of(fresh.body, "SecretString"), "\"new\"");
  EXPECT_EQ(fresh.headers.at("x-cache"), "MISS");
  EXPECT_EQ(fresh.headers.at("age"), "0");
  EXPECT_EQ(cloud_.call_count("db"), 2U);
  // It lowers the age only.
  cloud_.move(301s);
  EXPECT_EQ(with(secret_path, "Cache-Control: max-age=100000").headers.at("x-cache"), "MISS");
}

TEST_F(values_test, the_last_value_while_aws_fails) {
  cloud_.put_secret("db", "s3cret");
  start();
  get(secret_path);
  cloud_.move(400s);
  cloud_.fail("db", error_kind::connection);
  const auto stale = get(secret_path);
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.headers.at("x-cache"), "STALE");
  EXPECT_EQ(stale.headers.at("age"), "400");
  cloud_.move(201s);
  EXPECT_EQ(get(secret_path).status, 502);
}

TEST_F(values_test, a_tag_tells_values_apart_and_nothing_about_them) {
  cloud_.put_secret("db", "one");
  cloud_.put_secret("other", "one");
  start();
  const std::string tag = get(secret_path).headers.at("etag");
  EXPECT_EQ(tag.size(), 34U);
  EXPECT_EQ(get(secret_path).headers.at("etag"), tag);
  EXPECT_NE(get("/secretsmanager/get?secretId=other").headers.at("etag"), tag);
  for (const std::string& known : {tag, "W/" + tag, "\"x\" , " + tag, std::string("*")}) {
    const auto same = with(secret_path, "If-None-Match: " + known);
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.headers.at("etag"), tag);
    EXPECT_FALSE(same.headers.contains("content-length"));
  }
  EXPECT_EQ(with(secret_path, "If-None-Match: \"x\"").status, 200);
  cloud_.put_secret("db", "two");
  const auto changed = with(std::string(secret_path) + "&refreshNow=1", "If-None-Match: " + tag);
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.headers.at("etag"), tag);
  const std::string first = get(secret_path).headers.at("etag");
  start();
  EXPECT_NE(get(secret_path).headers.at("etag"), first);  // another key
}

TEST_F(values_test, fields_and_transforms) {
  cloud_.put_secret("db", R"({"user":"u","port":5432,"deep":{"a":[1]}})");
  cloud_.put_parameter("/cert.binary", "AP8B");
  cloud_.put_parameter("/conf.json", R"({"a":1})");
  start();
  const std::string path = secret_path;
  EXPECT_EQ(get(path + "&field=user").body, "u");
  EXPECT_EQ(get(path + "&field=user").headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(get(path + "&field=port").body, "5432");
  EXPECT_EQ(get(path + "&field=deep").body, R"({"a":[1]})");
  EXPECT_EQ(get(path + "&transform=json").headers.at("content-type"), "application/json");
  const auto missing = get(path + "&field=nobody");
  EXPECT_EQ(missing.status, 400);
  EXPECT_NE(missing.body.find("TransformError"), std::string::npos);
  EXPECT_EQ(missing.body.find("5432"), std::string::npos);
  const std::string parameter = "/systemsmanager/parameters/get?name=";
  const auto binary = get(parameter + "/cert.binary&transform=auto");
  EXPECT_EQ(binary.body, std::string("\0\xff\x01", 3));
  EXPECT_EQ(binary.headers.at("content-type"), "application/octet-stream");
  EXPECT_EQ(get(parameter + "/conf.json&transform=auto").body, R"({"a":1})");
  EXPECT_EQ(get(parameter + "/conf.json&transform=binary").status, 400);
  EXPECT_EQ(cloud_.call_count("db"), 1U);  // one entry, however it is looked at
}

TEST_F(values_test, two_hundred_names_with_some_twice_some_missing_and_one_denied) {
  std::string query = "/systemsmanager/parameters/get-many?name=/denied&name=/none";
  cloud_.put_parameter("/denied", "x");
  cloud_.fail("/denied", "AccessDeniedException");
  for (int i = 0; i < 197; ++i) {
    cloud_.put_parameter("/p" + std::to_string(i), "v" + std::to_string(i));
    query += "&name=/p" + std::to_string(i);
  }
  query += "&name=/p0";
  start();
  const auto got = get(query);
  EXPECT_EQ(got.status, 200);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = got.body.find("\"Value\":", at)) != std::string::npos; ++at)
    ++count;
  EXPECT_EQ(count, 198U);
  EXPECT_NE(got.body.find(R"("InvalidParameters":["/none"])"), std::string::npos);
  EXPECT_NE(got.body.find(R"({"Name":"/denied","Status":400,"Code":"AccessDeniedException")"),
            std::string::npos)
      << got.body.substr(got.body.size() - 500);
  EXPECT_EQ(got.headers.at("x-cache"), "MISS");
  // In the order of the request; what was asked for twice is there twice.
  EXPECT_LT(got.body.find("\"v0\""), got.body.find("\"v1\""));
  EXPECT_NE(got.body.find("\"v0\""), got.body.rfind("\"v0\""));
  // The single read finds what the many brought.
  EXPECT_EQ(get("/systemsmanager/parameters/get?name=/p7").headers.at("x-cache"), "HIT");
}

TEST_F(values_test, many_names_while_the_service_throttles) {
  cloud_.put_parameter("/a", "x");
  cloud_.fail("", "ThrottlingException");
  start();
  const auto got = get("/systemsmanager/parameters/get-many?name=/a");
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(
      got.body.starts_with(R"({"Parameters":[],"InvalidParameters":[],"Errors":[{"Name":"/a")"))
      << got.body;
  EXPECT_NE(got.body.find(R"("Code":"ThrottlingException")"), std::string::npos);
  EXPECT_NE(got.body.find(R"("Retryable":true})"), std::string::npos);
}

TEST_F(values_test, one_of_many_names_that_cannot_be) {
  cloud_.put_parameter("/a", "x");
  start();
  const auto got = get("/systemsmanager/parameters/get-many?name=/a&name=%20&name=a*b");
  EXPECT_EQ(got.status, 200);
  EXPECT_NE(got.body.find("\"Value\":\"x\""), std::string::npos);
  EXPECT_NE(got.body.find(R"({"Name":"a*b","Status":400,"Code":"ValidationException")"),
            std::string::npos)
      << got.body;
}

TEST_F(values_test, everything_below_a_path) {
  for (const char* name : {"/app/b", "/app/a", "/app/deep/c", "/other"})
    cloud_.put_parameter(name, name);
  start();
  const std::string path = "/systemsmanager/parameters/by-path?path=/app";
  const auto all = get(path).body;
  EXPECT_LT(all.find("\"/app/a\""), all.find("\"/app/b\""));
  EXPECT_LT(all.find("\"/app/b\""), all.find("\"/app/deep/c\""));
  EXPECT_EQ(all.find("other"), std::string::npos);
  EXPECT_EQ(get(path + "&recursive=false").body.find("deep"), std::string::npos);
  const auto again = get(path);
  EXPECT_EQ(again.headers.at("x-cache"), "HIT");
  EXPECT_EQ(with(path, "If-None-Match: " + again.headers.at("etag")).status, 304);
  EXPECT_EQ(get("/systemsmanager/parameters/by-path?path=/nothing").body, R"({"Parameters":[]})");
  EXPECT_EQ(get("/systemsmanager/parameters/by-path?path=app").status, 400);
}

TEST_F(values_test, failures_in_both_modes_and_as_json) {
  start({.mode = compatibility::agent});
  const auto agents = get("/secretsmanager/get?secretId=none");
  EXPECT_EQ(agents.status, 400);
  EXPECT_TRUE(agents.body.starts_with("{\"__type\":\"ResourceNotFoundException\", \"message\":\""))
      << agents.body;
  EXPECT_FALSE(agents.headers.contains("content-type"));
  start({.mode = compatibility::extension});
  for (const char* target :
       {"/secretsmanager/get?secretId=none", "/systemsmanager/parameters/get?name=/none",
        "/systemsmanager/parameters/get?name=a*b"}) {
    const auto extensions = get(target);
    EXPECT_EQ(extensions.status, 400);
    EXPECT_EQ(extensions.body, "an unexpected error occurred while executing request") << target;
  }
  const auto json = with("/systemsmanager/parameters/get?name=/none", "Accept: application/json");
  EXPECT_EQ(json.status, 400);
  EXPECT_TRUE(json.body.starts_with("{\"__type\":\"ParameterNotFound\",")) << json.body;
  EXPECT_NE(json.body.find("\"name\":\"/none\""), std::string::npos);
  start({.mode = compatibility::extension, .json_errors = true});
  EXPECT_TRUE(get("/secretsmanager/get?secretId=none").body.starts_with("{\"__type\":\"Resource"));
}

TEST_F(values_test, no_answer_from_aws_is_a_timeout) {
  cloud_.put_secret("db", "x");
  cloud_.hang("db");
  start({.secret_timeout = 50 * core::millisecond});
  const auto got = get(secret_path);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.body, R"({"__type":"TimeoutError", "message":"Timeout"})");
  cloud_.release("db");
}

TEST_F(values_test, one_call_for_all_who_wait) {
  cloud_.put_secret("db", "x");
  cloud_.hang("db");
  start();
  std::vector<std::unique_ptr<test_support::local_client>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<test_support::local_client>(served_->port()));
    clients.back()->send(std::string("GET /v1/db HTTP/1.1\r\nHost: localhost\r\n") + token +
                         "\r\n");
  }
  ASSERT_TRUE(cloud_.wait_for_calls(1, "db"));
  cloud_.release("db");
  for (const auto& each : clients)
    EXPECT_EQ(each->receive().status, 200);
  EXPECT_EQ(cloud_.call_count("db"), 1U);
}

TEST_F(values_test, what_a_reset_forgets_is_bound_again) {
  cloud_.put_secret("db", "x");
  start();
  get(secret_path);
  cache_.reset();
  EXPECT_EQ(get(secret_path).headers.at("x-cache"), "MISS");
}

TEST_F(values_test, a_source_that_tells_no_more_and_no_caching_at_all) {
  cloud_.put_secret("db", "x");
  start({.secret_max_age = 0});
  get(secret_path);
  EXPECT_EQ(get(secret_path).headers.at("x-cache"), "MISS");
  EXPECT_EQ(cloud_.call_count("db"), 2U);
}

TEST_F(values_test, a_thousand_values_stay_and_the_least_recently_used_one_goes) {
  constexpr int most = 1000;
  const std::string padding(4096 - 8, 'v');
  const auto name_of = [](int number) { return "/many/" + std::to_string(number); };
  for (int i = 0; i <= most; ++i)
    cloud_.put_parameter(name_of(i), std::to_string(i) + ' ' + padding);
  start();
  test_support::local_client client(served_->port());
  const auto origin_of = [&](int number) {
    const auto got = client.get("/systemsmanager/parameters/get?name=" + name_of(number), token);
    EXPECT_NE(got.body.find("\"Value\":\"" + std::to_string(number) + ' '), std::string::npos);
    return got.headers.at("x-cache");
  };
  const auto expect_all = [&](const char* origin, int but) {
    for (int i = 0; i < most; ++i) {
      if (i == but) continue;
      ASSERT_EQ(origin_of(i), origin) << i;
    }
  };
  expect_all("MISS", -1);
  EXPECT_EQ(cache_.stats().entries, std::size_t{most});
  EXPECT_GT(cache_.stats().bytes, std::size_t{most} * padding.size());
  cloud_.move(std::chrono::seconds(2));
  expect_all("HIT", 7);
  EXPECT_EQ(cache_.stats().evictions, 0U);
  EXPECT_EQ(origin_of(most), "MISS");
  EXPECT_EQ(cache_.stats().evictions, 1U);
  EXPECT_EQ(cache_.stats().entries, std::size_t{most});
  expect_all("HIT", 7);
  EXPECT_EQ(origin_of(7), "MISS");
}

}  // namespace
}  // namespace lambda_cache::agent
