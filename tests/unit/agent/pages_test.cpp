// What the agent says about itself.
#include "aws/base64.hpp"
#include "aws/crypto.hpp"
#include "unit/agent/agent_fixture.hpp"

#include <regex>

namespace lambda_cache::agent {
namespace {

constexpr const char* canary = "CANARY-73f1-value";

class pages_test : public agent_fixture {
 protected:
  std::string read(const std::string& query, const std::string& headers = token) {
    return get(query, headers).body;
  }
  test_support::local_answer parameter(const std::string& name) {
    return get("/systemsmanager/parameters/get?name=" + name);
  }
  /// The entry of that name in /status.json.
  [[nodiscard]] std::string entry(const std::string& name) {
    const std::string all = read("/status.json");
    const std::size_t at = all.find("\"name\":\"" + name + "\"");
    if (at == std::string::npos) return {};
    const std::size_t from = all.rfind('{', at);
    return all.substr(from, all.find('}', at) - from + 1);
  }
  /// The value of a sample; nothing if it is not there.
  [[nodiscard]] std::optional<double> sample(const std::string& series) {
    const std::string all = '\n' + read("/metrics");
    const std::size_t at = all.find('\n' + series + ' ');
    if (at == std::string::npos) return std::nullopt;
    return std::stod(all.substr(at + series.size() + 2));
  }
};

void expect_holds(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;
}
void expect_lacks(const std::string& text, const std::string& part) {
  EXPECT_EQ(text.find(part), std::string::npos) << part << " is in " << text;
}

TEST_F(pages_test, health_is_open_and_names_nothing) {
  cloud_.put_parameter("/app/var", "x");
  start({.mode = compatibility::extension});
  parameter("/app/var");
  const auto seen = get("/healthz", "");
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.headers.at("content-type"), "application/json");
  EXPECT_EQ(seen.headers.at("cache-control"), "no-store");
  expect_holds(seen.body, R"({"status":"ok","version":")");
  expect_holds(seen.body, R"("mode":"extension","uptime_seconds":)");
  expect_holds(seen.body, R"("entries":1,"failing":0,"errors":[]})");
  expect_lacks(seen.body, "/app/var");
}

TEST_F(pages_test, health_is_degraded_while_fetching_fails_and_then_ok) {
  cloud_.put_parameter("/app/var", "x");
  start();
  cloud_.fail("/app/var", error_kind::timeout);
  parameter("/app/var");
  const auto failing = get("/healthz", "");
  // The agent serves what it has: no orchestrator should end it for what AWS does.
  EXPECT_EQ(failing.status, 200);
  expect_holds(failing.body, R"({"status":"degraded",)");
  expect_holds(failing.body, R"("entries":0,"failing":1,"errors":["timeout"]})");
  EXPECT_EQ(sample("lambda_cache_agent_degraded"), 1);
  cloud_.recover();
  cloud_.move(std::chrono::seconds(40));
  parameter("/app/var");
  expect_holds(read("/healthz", ""), R"({"status":"ok",)");
  EXPECT_EQ(sample("lambda_cache_agent_degraded"), 0);
}

TEST_F(pages_test, a_name_that_is_not_there_is_no_ill_health) {
  start();
  EXPECT_EQ(parameter("/missing").status, 400);
  expect_holds(read("/healthz", ""), R"("status":"ok")");
  expect_holds(entry("/missing"), R"("state":"failing","age":null)");
  expect_holds(entry("/missing"), R"("last_error":"not_found")");
}

TEST_F(pages_test, all_but_health_want_the_token) {
  start();
  for (const char* page : {"/metrics", "/", "/status.json"}) {
    const auto refused = get(page, "");
    EXPECT_EQ(refused.status, 401) << page;
    EXPECT_EQ(refused.headers.at("www-authenticate"),
              "Basic realm=\"lambda-cache\", charset=\"UTF-8\"");
    expect_lacks(refused.body, "lambda_cache_agent");
    // "prometheus:t0ken"
    EXPECT_EQ(get(page, "Authorization: Basic cHJvbWV0aGV1czp0MGtlbg==\r\n").status, 200) << page;
    // "prometheus:token"
    EXPECT_EQ(get(page, "Authorization: Basic cHJvbWV0aGV1czp0b2tlbg==\r\n").status, 401) << page;
    EXPECT_EQ(get(page, "X-Vault-Token: t0ken\r\n").status, 200) << page;
    EXPECT_EQ(get(page, std::string(token) + "Sec-Fetch-Site: cross-site\r\n").status, 403) << page;
  }
}

TEST_F(pages_test, pages_can_be_turned_off) {
  start({.status_page = false, .metrics = false});
  for (const char* page : {"/metrics", "/", "/status.json"})
    EXPECT_EQ(get(page).status, 404) << page;
  EXPECT_EQ(get("/healthz", "").status, 200);
}

TEST_F(pages_test, metrics_count_what_happened) {
  cloud_.put_parameter("/app/a", "x");
  cloud_.put_secret("db", "y");
  start();
  EXPECT_EQ(get("/metrics").headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  parameter("/app/a");
  parameter("/app/a");
  parameter("/app/a");
  read("/secretsmanager/get?secretId=db");
  read("/v1/db");
  parameter("/missing");
  get("/nowhere");
  get("/secretsmanager/get?secretId=db", "");
  const std::string requests = "lambda_cache_agent_requests_total";
  EXPECT_EQ(sample(requests + R"({route="/systemsmanager/parameters/get",code="200"})"), 3);
  EXPECT_EQ(sample(requests + R"({route="/systemsmanager/parameters/get",code="400"})"), 1);
  EXPECT_EQ(sample(requests + R"({route="/secretsmanager/get",code="200"})"), 2);
  EXPECT_EQ(sample(requests + R"({route="/secretsmanager/get",code="403"})"), 1);
  EXPECT_EQ(sample(requests + R"({route="other",code="404"})"), 1);
  EXPECT_EQ(sample("lambda_cache_agent_hits_total"), 3);
  EXPECT_EQ(sample("lambda_cache_agent_misses_total"), 3);
  EXPECT_EQ(sample("lambda_cache_agent_loads_total"), 2);
  EXPECT_EQ(sample("lambda_cache_agent_failures_total"), 1);
  EXPECT_EQ(sample("lambda_cache_agent_upstream_requests_total"),
            static_cast<double>(cloud_.call_count()));
  EXPECT_EQ(sample("lambda_cache_agent_entries"), 2);
  EXPECT_EQ(sample("lambda_cache_agent_fetches_running"), 0);
  const std::string times = "lambda_cache_agent_read_duration_seconds";
  EXPECT_EQ(sample(times + R"(_count{cache="hit"})"), 3);
  EXPECT_EQ(sample(times + R"(_bucket{cache="hit",le="+Inf"})"), 3);
  EXPECT_EQ(sample(times + R"(_count{cache="miss"})"), 2);
  // The failed read and the refused one.
  EXPECT_EQ(sample(times + R"(_count{cache="none"})"), 2);
  EXPECT_GT(sample("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(sample("process_cpu_seconds_total"), 0);
  EXPECT_GT(sample("process_open_fds"), 3);
}

TEST_F(pages_test, connections_are_those_that_are_open) {
  start();
  const test_support::local_client idle(served_->port());
  test_support::local_client pinging(served_->port());
  EXPECT_EQ(pinging.get("/ping").status, 200);
  EXPECT_EQ(sample("lambda_cache_agent_connections"), 3);
}

TEST_F(pages_test, uptime_goes_on) {
  start();
  const auto before = sample("lambda_cache_agent_uptime_seconds");
  cloud_.move(std::chrono::seconds(100));
  ASSERT_TRUE(before);
  EXPECT_GE(sample("lambda_cache_agent_uptime_seconds"), *before + 100);
}

TEST_F(pages_test, an_entry_is_told_with_its_states) {
  cloud_.put_parameter("/app/var", "x");
  start({.parameter_max_age = 60 * core::second, .stale_if_error = 60 * core::second});
  parameter("/app/var");
  parameter("/app/var");
  expect_holds(entry("/app/var"), R"({"service":"ssm","region":")");
  expect_holds(entry("/app/var"), R"("kind":"parameter","detail":"","state":"fresh","age":)");
  expect_holds(entry("/app/var"), R"("max_age":60,)");
  expect_holds(entry("/app/var"), R"("hits":1,"misses":1,"joins":0,"loads":1,)");
  expect_holds(entry("/app/var"), R"("last_error":null,"failed_for":null})");
  cloud_.move(std::chrono::seconds(57));
  expect_holds(entry("/app/var"), R"("state":"expiring")");
  cloud_.move(std::chrono::seconds(10));
  expect_holds(entry("/app/var"), R"("state":"expired")");
  cloud_.fail("/app/var", error_kind::connection);
  EXPECT_EQ(parameter("/app/var").headers.at("x-cache"), "STALE");
  expect_holds(entry("/app/var"), R"("state":"stale")");
  expect_holds(entry("/app/var"), R"("stale":1,)");
  expect_holds(entry("/app/var"), R"("last_error":"connection","failed_for":)");
  cloud_.move(std::chrono::seconds(60));
  expect_holds(entry("/app/var"), R"("state":"failing")");
  cloud_.recover();
  parameter("/app/var");
  expect_holds(entry("/app/var"), R"("state":"fresh")");
  expect_holds(entry("/app/var"), R"("last_error":"connection","failed_for":null})");
}

TEST_F(pages_test, what_is_under_way_is_loading) {
  cloud_.put_parameter("/app/var", "x");
  start();
  cloud_.hang("/app/var");
  test_support::local_client waiting(served_->port());
  waiting.send("GET /systemsmanager/parameters/get?name=/app/var HTTP/1.1\r\nHost: localhost\r\n" +
               std::string(token) + "\r\n");
  ASSERT_TRUE(cloud_.wait_for_calls(1, "/app/var"));
  expect_holds(entry("/app/var"), R"("state":"loading")");
  EXPECT_EQ(sample("lambda_cache_agent_fetches_running"), 1);
  cloud_.release("/app/var");
  EXPECT_EQ(waiting.receive().status, 200);
  expect_holds(entry("/app/var"), R"("state":"fresh")");
}

TEST_F(pages_test, entries_of_one_name_are_told_apart) {
  cloud_.put_parameter("/app/var", "x", {.type = "SecureString"});
  cloud_.put_parameter("/app/var/below", "x");
  const std::string version = cloud_.put_object("s3://bucket/key", "x");
  start();
  parameter("/app/var");
  parameter("/app/var&withDecryption=true");
  for (const char* how : {"true", "false&withDecryption=true"})
    read(std::string("/systemsmanager/parameters/by-path?path=/app/var&recursive=") + how);
  read("/s3/get?uri=s3://bucket/key");
  read("/s3/get?uri=s3://bucket/key&versionId=" + version);
  const std::string all = read("/status.json");
  expect_holds(all, R"("name":"/app/var","kind":"parameter","detail":"decrypted")");
  expect_holds(all, R"("name":"/app/var","kind":"parameter","detail":"")");
  expect_holds(all, R"("name":"/app/var","kind":"path","detail":"recursive")");
  expect_holds(all, R"("name":"/app/var","kind":"path","detail":"one level, decrypted")");
  expect_holds(all, R"("name":"s3://bucket/key","kind":"object","detail":"")");
  expect_holds(all, R"("name":"s3://bucket/key","kind":"object","detail":")" + version + '"');
}

TEST_F(pages_test, names_are_hostile) {
  cloud_.put_object("s3://holder/there", "x");
  start();
  // </script><img src=x onerror=alert(1)>"\ and, elsewhere, what is no UTF-8 and no text.
  const std::string tag = "%3C/script%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%22%5C";
  EXPECT_GE(get("/s3/get?uri=s3://holder/" + tag).status, 400);
  EXPECT_GE(get("/secretsmanager/get?secretId=" + tag).status, 400);
  for (const std::string name : {"%FF", "%01", "%0A", "%00", "%E2%80%AE"}) {
    EXPECT_GE(get("/s3/get?uri=s3://holder/" + name).status, 400) << name;
    EXPECT_GE(get("/secretsmanager/get?secretId=" + name).status, 400) << name;
    EXPECT_GE(parameter("/x" + name).status, 400) << name;
  }
  const std::string data = read("/status.json");
  expect_holds(data, R"(s3://holder/</script><img src=x onerror=alert(1)>\"\\)");
  for (const char c : data)
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  expect_lacks(data, "\xFF");
  const auto page = get("/status.json");
  // Whoever opens it sees a text.
  EXPECT_EQ(page.headers.at("content-type"), "application/json");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  expect_lacks(read("/"), "onerror");
  expect_lacks(read("/metrics"), "holder");
  expect_lacks(read("/healthz"), "holder");
}

TEST_F(pages_test, no_page_shows_a_value) {
  cloud_.put_parameter("/app/a", canary, {.type = "SecureString"});
  cloud_.put_secret("db", std::string(R"({"user":")") + canary + "\"}");
  cloud_.put_object("s3://bucket/key", canary);
  start();
  const std::vector<std::string> reads = {
      "/systemsmanager/parameters/get?name=/app/a&withDecryption=true",
      "/systemsmanager/parameters/get-many?name=/app/a&name=/missing&withDecryption=true",
      "/systemsmanager/parameters/by-path?path=/app&withDecryption=true",
      "/secretsmanager/get?secretId=db",
      "/secretsmanager/get?secretId=db&field=user",
      "/s3/get?uri=s3://bucket/key"};
  for (const std::string& each : reads)
    expect_holds(read(each), canary);
  // Failures on top of values, too.
  cloud_.fail("", error_kind::timeout);
  for (const std::string& each : reads)
    get(each + "&refreshNow=true");
  read("/secretsmanager/get?secretId=db&transform=binary");
  core::secret_bytes coded;
  aws::append_base64(coded, canary);
  for (const char* page : {"/healthz", "/metrics", "/", "/status.json", "/ping"}) {
    const std::string shown = read(page);
    expect_lacks(shown, canary);
    expect_lacks(shown, std::string(coded.data(), coded.size() - 4));
    expect_lacks(shown, "t0ken");
  }
}

TEST_F(pages_test, the_page_allows_itself_only) {
  start();
  const auto page = get("/");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
  const std::string policy = page.headers.at("content-security-policy");
  expect_holds(policy, "default-src 'none'");
  expect_lacks(policy, "unsafe");
  for (const std::string tag : {"script", "style"}) {
    const std::size_t from = page.body.find('<' + tag + '>') + tag.size() + 2;
    const std::size_t to = page.body.find("</" + tag + '>', from);
    const auto digest = aws::sha256(page.body.substr(from, to - from));
    core::secret_bytes text;
    aws::append_base64(text, {reinterpret_cast<const char*>(digest.data()), digest.size()});
    expect_holds(policy, tag + "-src 'sha256-" + std::string(text.begin(), text.end()) + "'");
    EXPECT_EQ(page.body.find('<' + tag, to), std::string::npos) << "a second <" << tag << '>';
  }
  // Nothing from elsewhere, and no handlers or styles that the policy refuses.
  EXPECT_FALSE(std::regex_search(page.body, std::regex(R"re(\s(on[a-z]+|style|src)=)re")));
  EXPECT_FALSE(std::regex_search(page.body, std::regex(R"re(href="(?!data:))re")));
  expect_lacks(page.body, "innerHTML");
}

}  // namespace
}  // namespace lambda_cache::agent
