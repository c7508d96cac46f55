// What the variables say about proxies.
#include "wiring/proxies.hpp"

#include "wiring/config.hpp"

#include <gtest/gtest.h>

#include <map>

namespace lambda_cache::wiring {
namespace {

using variables = std::map<std::string, std::string>;

aws::environment environment(const variables& set) {
  return [set](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(std::string(name));
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
}

core::result<net::proxy_settings> resolve(const variables& set) {
  return resolve_proxies(environment(set));
}

std::string https_of(const variables& set) {
  const auto got = resolve(set);
  if (!got) return got.error().message;
  return got->https == nullptr ? "none"
                               : (got->https->at.tls ? "https " : "http ") + describe(*got->https);
}

std::string authorization_of(const std::string& url) {
  const auto got = resolve({{"HTTPS_PROXY", url}});
  if (!got) return got.error().message;
  return {got->https->authorization.begin(), got->https->authorization.end()};
}

TEST(proxies_test, without_variables_there_are_none) {
  const auto got = resolve({{"NO_PROXY", "*"}, {"ALL_PROXY", "http://all:1"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->http, nullptr);
  EXPECT_EQ(got->https, nullptr);
}

TEST(proxies_test, lower_case_wins_even_when_it_is_empty) {
  EXPECT_EQ(https_of({{"HTTPS_PROXY", "http://up:1"}}), "http the proxy up:1 (HTTPS_PROXY)");
  EXPECT_EQ(https_of({{"HTTPS_PROXY", "http://up:1"}, {"https_proxy", "http://low:2"}}),
            "http the proxy low:2 (https_proxy)");
  EXPECT_EQ(https_of({{"HTTPS_PROXY", "http://up:1"}, {"https_proxy", ""}}), "none");
  EXPECT_EQ(https_of({{"HTTPS_PROXY", ""}}), "none");
  EXPECT_EQ(https_of({{"HTTP_PROXY", "http://up:1"}}), "none");
  const auto exceptions = resolve(
      {{"HTTPS_PROXY", "http://up:1"}, {"NO_PROXY", "a.example"}, {"no_proxy", "b.example"}});
  ASSERT_TRUE(exceptions);
  EXPECT_NE(exceptions->between({true, "a.example", 443}), nullptr);
  EXPECT_EQ(exceptions->between({true, "b.example", 443}), nullptr);
}

TEST(proxies_test, a_cgi_programs_clients_do_not_choose_the_proxy) {
  variables set{{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}};
  EXPECT_EQ(resolve(set)->http, nullptr);
  set["http_proxy"] = "http://good:1";
  ASSERT_NE(resolve(set)->http, nullptr);
  EXPECT_EQ(resolve(set)->http->at.host, "good");
}

TEST(proxies_test, forms_of_the_url) {
  EXPECT_EQ(https_of({{"https_proxy", "low:3128"}}), "http the proxy low:3128 (https_proxy)");
  EXPECT_EQ(https_of({{"https_proxy", "//low:3128/"}}), "http the proxy low:3128 (https_proxy)");
  EXPECT_EQ(https_of({{"https_proxy", "HTTP://Low"}}), "http the proxy low:80 (https_proxy)");
  EXPECT_EQ(https_of({{"https_proxy", "https://low"}}), "https the proxy low:443 (https_proxy)");
  EXPECT_EQ(https_of({{"https_proxy", "http://u:p@[::2]:8/x?y#z"}}),
            "http the proxy [::2]:8 (https_proxy)");
}

TEST(proxies_test, user_name_and_password_are_decoded) {
  EXPECT_EQ(authorization_of("http://up:1"), "");
  EXPECT_EQ(authorization_of("http://@up:1"), "");
  EXPECT_EQ(authorization_of("http://user:pass-word@up:1"), "Basic dXNlcjpwYXNzLXdvcmQ=");
  EXPECT_EQ(authorization_of("user:pass-word@up:1"), "Basic dXNlcjpwYXNzLXdvcmQ=");
  EXPECT_EQ(authorization_of("http://user@up:1"), "Basic dXNlcjo=");
  EXPECT_EQ(authorization_of("http://a:b:c@up:1"), "Basic YTpiOmM=");
  EXPECT_EQ(authorization_of("http://a:b@c@up:1"), "Basic YTpiQGM=");
  // "u%ser:p@/ü"
  EXPECT_EQ(authorization_of("http://u%ser:p%40%2f%C3%bc@up:1"), "Basic dSVzZXI6cEAvw7w=");
}

TEST(proxies_test, what_cannot_be_used_is_refused_without_being_repeated) {
  for (const char* text :
       {"socks5://user:canary-hunter2@up:1", "http://user:canary-hunter2/@up:1",
        "http://user:canary-hunter2#@up:1", "http://user:canary-hunter2?@up",
        "http://user:canary-hunter2@", "http://user:canary-hunter2", "user:canary-hunter2",
        "http://user:canary-hunter2@up:0", "http://user:canary-hunter2@up:70000",
        "http://user:canary-hunter2@[::2:1", "http://user:canary-hunter2@u p",
        "ftp://canary-hunter2", "http://", "://canary-hunter2",
        "http://user:canary-hunter2@\r\nX"}) {
    const auto got = resolve({{"https_proxy", text}});
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().kind, error_kind::invalid_argument);
    EXPECT_TRUE(got.error().message.starts_with("https_proxy is not the URL of a proxy"));
    EXPECT_FALSE(got.error().message.contains("canary-hunter2")) << got.error().message;
    EXPECT_FALSE(resolve({{"HTTP_PROXY", text}})) << text;
  }
}

TEST(proxies_test, are_part_of_the_configuration) {
  const auto got =
      resolve_config({}, environment({{"HTTPS_PROXY", "http://up:1"}, {"NO_PROXY", "x.example"}}));
  ASSERT_TRUE(got);
  EXPECT_NE(got->proxies.between({true, "ssm.eu-west-1.amazonaws.com", 443}), nullptr);
  EXPECT_EQ(got->proxies.between({true, "x.example", 443}), nullptr);
  const auto refused = resolve_config({}, environment({{"HTTPS_PROXY", "socks5://up:1"}}));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("HTTPS_PROXY"));
}

}  // namespace
}  // namespace lambda_cache::wiring
