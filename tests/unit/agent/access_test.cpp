#include "agent/access.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace lambda_cache::agent {
namespace {

request_view with(std::span<const header> headers) {
  request_view request;
  request.method = "GET";
  request.target = "/secretsmanager/get?secretId=db";
  request.headers = headers;
  return request;
}

int origin_of(std::vector<header> headers, std::string_view target = "/ping") {
  const settings how;
  const access guard(how);
  request_view request = with(headers);
  request.target = target;
  const auto refused = guard.refuse_origin(request);
  return refused ? refused->status : 200;
}

std::optional<response> token_of(settings how, std::vector<header> headers) {
  access guard(how);
  return guard.refuse_token(with(headers));
}

TEST(access_test, local_names_only) {
  for (const char* fine : {"localhost", "LocalHost:2773", "127.0.0.1", "127.0.0.1:80", "[::1]",
                           "[::1]:2773", "localhost:"})
    EXPECT_TRUE(is_local_host(fine)) << fine;
  for (const char* wrong : {"",
                            ":80",
                            "evil.example",
                            "127.0.0.1.evil",
                            "localhost.evil.example",
                            "localhost.",
                            "localhost:80x",
                            "localhost:-1",
                            "127.0.0.2",
                            "[::1",
                            "[::1]x",
                            "[::2]",
                            "[localhost]",
                            "[127.0.0.1]",
                            "::1",
                            "0.0.0.0",
                            "localhost@evil.example",
                            "evil.example:localhost",
                            "localhost:80:80",
                            "127.1",
                            "2130706433",
                            " localhost"})
    EXPECT_FALSE(is_local_host(wrong)) << wrong;
}

TEST(access_test, what_a_proxy_forwarded_is_refused) {
  for (const char* name : {"X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Forwarded-Host",
                           "X-Real-IP", "Via"}) {
    const settings how;
    const access guard(how);
    const header headers[] = {{"Host", "localhost"}, {name, "127.0.0.1"}};
    const auto refused = guard.refuse_origin(with(headers));
    ASSERT_TRUE(refused) << name;
    EXPECT_EQ(refused->status, 400);
    EXPECT_EQ(std::string(refused->body.begin(), refused->body.end()), "Forwarded");
  }
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"X-Forwarded-For", ""}}), 400);
}

TEST(access_test, every_name_of_the_host_counts) {
  EXPECT_EQ(origin_of({{"Host", "localhost"}}), 200);
  EXPECT_EQ(origin_of({{"Host", "evil.example"}}), 400);
  EXPECT_EQ(origin_of({}), 400);
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"host", "evil.example"}}), 400);
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"host", "localhost"}}), 400);
  EXPECT_EQ(origin_of({{"Host", "localhost"}}, "http://evil.example/ping"), 400);
  EXPECT_EQ(origin_of({{"Host", "evil.example"}}, "http://localhost/ping"), 400);
  EXPECT_EQ(origin_of({{"Host", "localhost"}}, "http://localhost:2773/ping"), 200);
  EXPECT_EQ(origin_of({{"Host", "localhost"}}, "http://u@localhost/ping"), 400);
}

TEST(access_test, old_clients_may_leave_the_host_out_and_sockets_need_none) {
  const settings how;
  const access guard(how);
  request_view request = with({});
  request.is_http_1_0 = true;
  EXPECT_FALSE(guard.refuse_origin(request));
  request.is_http_1_0 = false;
  EXPECT_TRUE(guard.refuse_origin(request));
  request.over_socket = true;
  EXPECT_FALSE(guard.refuse_origin(request));
}

TEST(access_test, pages_of_other_sites_are_refused) {
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(origin_of({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}), 200);
}

TEST(access_test, one_of_the_tokens_in_one_of_the_headers) {
  const settings how{.tokens = {"first", "second"}};
  EXPECT_FALSE(token_of(how, {{"x-aws-parameters-secrets-token", "first"}}));
  EXPECT_FALSE(token_of(how, {{"X-Vault-Token", "second"}}));
  EXPECT_FALSE(token_of(how, {{"X-Vault-Token", "wrong"}, {"X-Vault-Token", "first"}}));
  for (const char* wrong : {"", "firs", "firstfirst", "first ", "FIRST", "first,second", "third"})
    EXPECT_TRUE(token_of(how, {{"X-Vault-Token", wrong}})) << wrong;
  EXPECT_TRUE(token_of(how, {}));
  EXPECT_TRUE(token_of(how, {{"Authorization", "Bearer first"}}));
  EXPECT_TRUE(token_of(how, {{"X-Other-Token", "first"}}));
}

TEST(access_test, no_token_lets_nobody_in) {
  EXPECT_TRUE(token_of({}, {{"X-Vault-Token", ""}}));
  EXPECT_TRUE(token_of({.tokens = {""}}, {{"X-Vault-Token", ""}}));
  EXPECT_TRUE(token_of({.tokens = {"file:///nonexistent/token"}}, {{"X-Vault-Token", ""}}));
  EXPECT_TRUE(token_of({}, {}));
}

TEST(access_test, refusals_are_those_of_the_products) {
  const auto agents = token_of({.mode = compatibility::agent}, {});
  EXPECT_EQ(agents->status, 403);
  EXPECT_EQ(std::string(agents->body.begin(), agents->body.end()), "Bad Token");
  const auto extensions = token_of({.mode = compatibility::extension}, {});
  EXPECT_EQ(extensions->status, 401);
  EXPECT_EQ(std::string(extensions->body.begin(), extensions->body.end()),
            "bad session token or header key");
}

TEST(access_test, a_token_in_a_file_is_read_again_when_it_changes) {
  const std::string path = ::testing::TempDir() + "/token." + std::to_string(::getpid());
  const settings how{.tokens = {"file://" + path}};
  access guard(how);
  const auto is_let_in = [&](const char* token) {
    const header headers[] = {{"X-Vault-Token", token}};
    return !guard.refuse_token(with(headers));
  };
  EXPECT_FALSE(is_let_in("one"));
  std::ofstream(path) << "one\n";
  EXPECT_TRUE(is_let_in("one"));
  std::ofstream(path + ".new") << "two, longer\n";
  std::filesystem::rename(path + ".new", path);
  EXPECT_FALSE(is_let_in("one"));
  EXPECT_TRUE(is_let_in("two, longer"));
  std::filesystem::remove(path);
  EXPECT_FALSE(is_let_in("two, longer"));
}

TEST(access_test, visitors_may_give_the_token_as_their_password) {
  const settings how{.tokens = {"t0ken"}};
  access guard(how);
  const header basic[] = {{"Authorization", "Basic YW55Ym9keTp0MGtlbg=="}};  // anybody:t0ken
  EXPECT_FALSE(guard.refuse_visitor(with(basic)));
  EXPECT_TRUE(guard.refuse_token(with(basic)));
  for (const char* wrong :
       {"Basic YW55Ym9keTpvdGhlcg==", "Basic ****", "Basic ", "Basic dDBrZW4="}) {
    const header headers[] = {{"Authorization", wrong}};
    const auto refused = guard.refuse_visitor(with(headers));
    ASSERT_TRUE(refused) << wrong;
    EXPECT_EQ(refused->status, 401);
    EXPECT_TRUE(refused->challenge.starts_with("Basic "));
  }
}

}  // namespace
}  // namespace lambda_cache::agent
