// The server as its clients see it.
#include "unit/agent/agent_fixture.hpp"

namespace lambda_cache::agent {
namespace {

using server_test = agent_fixture;

TEST_F(server_test, a_parameter_as_the_extension_answers) {
  cloud_.put_parameter("/app/var", "va\"lue");
  start({.mode = compatibility::extension});
  const auto first = get("/systemsmanager/parameters/get?name=%2Fapp%2Fvar");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("x-cache"), "MISS");
  EXPECT_NE(first.body.find(R"("Value":"va\"lue","Version":1},"ResultMetadata":{}})"),
            std::string::npos)
      << first.body;
  const auto second = get("/systemsmanager/parameters/get/?withDecryption=false&name=/app/var");
  EXPECT_EQ(second.headers.at("x-cache"), "HIT");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(cloud_.call_count("/app/var"), 1U);
}

TEST_F(server_test, a_secret_in_both_shapes) {
  cloud_.put_secret("db", "s3cret");
  start({.mode = compatibility::agent});
  const auto agents = get("/v1/db");
  EXPECT_EQ(agents.status, 200);
  EXPECT_NE(agents.body.find(R"("SecretString":"s3cret","VersionStages":["AWSCURRENT"])"),
            std::string::npos)
      << agents.body;
  EXPECT_FALSE(agents.headers.contains("content-type"));
  start({.mode = compatibility::extension});
  const auto extensions = get("/secretsmanager/get?secretId=db");
  EXPECT_NE(extensions.body.find(R"("SecretBinary":null,"SecretString":"s3cret")"),
            std::string::npos)
      << extensions.body;
  EXPECT_EQ(get("/v1/db").status, 404);
}

TEST_F(server_test, refresh_now_asks_again) {
  cloud_.put_secret("db", "old");
  start();
  get("/secretsmanager/get?secretId=db");
  cloud_.put_secret("db", "new");
  EXPECT_NE(get("/secretsmanager/get?secretId=db").body.find("old"), std::string::npos);
  EXPECT_NE(get("/secretsmanager/get?secretId=db&refreshNow=True").body.find("new"),
            std::string::npos);
  EXPECT_NE(get("/secretsmanager/get?secretId=db").body.find("new"), std::string::npos);
}

TEST_F(server_test, pipelined_requests_are_answered_in_their_order) {
  for (const char* name : {"/a", "/b", "/c"})
    cloud_.put_parameter(name, std::string("value of ") + name);
  start();
  test_support::local_client client(served_->port());
  std::string all;
  for (const char* name : {"/a", "/b", "/c", "/a"})
    all += "GET /systemsmanager/parameters/get?name=" + std::string(name) +
           " HTTP/1.1\r\nHost: localhost\r\n" + token + "\r\n";
  client.send(all);
  for (const char* name : {"/a", "/b", "/c", "/a"})
    EXPECT_NE(client.receive().body.find(std::string("value of ") + name), std::string::npos);
}

TEST_F(server_test, without_the_token_nothing) {
  cloud_.put_secret("db", "s3cret");
  start();
  const auto refused = get("/secretsmanager/get?secretId=db", "");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body, "Bad Token");
  EXPECT_EQ(get("/secretsmanager/get?secretId=db", "X-Vault-Token: t0ken2\r\n").status, 403);
  EXPECT_EQ(get("/ping", "").body, "healthy");
  EXPECT_EQ(cloud_.call_count(), 0U);
}

TEST_F(server_test, many_parameters_are_one_call) {
  for (const char* name : {"/a", "/b"})
    cloud_.put_parameter(name, name);
  start();
  const auto got = get("/systemsmanager/parameters/get-many?name=/a&name=/missing&name=/b");
  EXPECT_EQ(got.status, 200);
  EXPECT_NE(got.body.find(R"("InvalidParameters":["/missing"])"), std::string::npos) << got.body;
  EXPECT_NE(got.body.find(R"("Code":"ParameterNotFound")"), std::string::npos) << got.body;
  EXPECT_EQ(cloud_.call_count(), 1U);
}

TEST_F(server_test, where_no_value_came_nothing_is_a_hit) {
  start();
  const auto got = get("/systemsmanager/parameters/get-many?name=/missing");
  EXPECT_EQ(got.status, 200);
  EXPECT_FALSE(got.headers.contains("x-cache"));
  EXPECT_FALSE(got.headers.contains("age"));
}

TEST_F(server_test, an_object_is_sent_from_its_file) {
  const std::string bytes(300'000, 'x');
  cloud_.put_object("s3://bucket/key", bytes);
  start();
  const auto got = get("/s3/get?uri=s3://bucket/key");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, bytes);
  EXPECT_EQ(get("/s3/get?uri=s3://bucket/key",
                token + ("If-None-Match: " + got.headers.at("etag") + "\r\n"))
                .status,
            304);
}

TEST_F(server_test, a_field_is_answered_bare) {
  cloud_.put_secret("db", R"({"user":"u","password":"p"})");
  start();
  EXPECT_EQ(get("/secretsmanager/get?secretId=db&field=password").body, "p");
}

TEST_F(server_test, an_end_waits_for_requests_only) {
  start();
  test_support::local_client idle(served_->port());
  EXPECT_EQ(idle.get("/ping").body, "healthy");
  // Whoever waits for the time that is given waits for the end of this test.
  served_->stop(std::chrono::hours(1));
  EXPECT_TRUE(idle.is_ended());
  EXPECT_FALSE(test_support::local_client(served_->port()).is_connected());
}

}  // namespace
}  // namespace lambda_cache::agent
