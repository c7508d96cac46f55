#include "aws/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

TEST(ParseUrl, SplitsTheParts) {
  const auto parts = parse_url("HTTPS://Example.COM:8443/a/b?c=d&e", "URL");
  ASSERT_TRUE(parts);
  EXPECT_TRUE(parts->tls);
  EXPECT_EQ(parts->host, "example.com");
  EXPECT_EQ(parts->port, 8443);
  EXPECT_EQ(parts->path, "/a/b");
  EXPECT_EQ(parts->query, "c=d&e");
  EXPECT_EQ(host_header(*parts), "example.com:8443");
}

TEST(ParseUrl, KnowsTheSchemesPorts) {
  EXPECT_EQ(parse_url("http://h", "URL")->port, 80);
  EXPECT_EQ(parse_url("https://h", "URL")->port, 443);
  EXPECT_EQ(parse_url("http://h:/", "URL")->port, 80);
  EXPECT_EQ(host_header(*parse_url("http://h:80", "URL")), "h");
  EXPECT_EQ(host_header(*parse_url("http://h:443", "URL")), "h:443");
}

TEST(ParseUrl, TakesIpv6Addresses) {
  const auto parts = parse_url("http://[FD00:EC2:0::23]:4566/x", "URL");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "fd00:ec2::23");
  EXPECT_EQ(host_header(*parts), "[fd00:ec2::23]:4566");
}

TEST(ParseUrl, RefusesWithTheSettingsName) {
  for (const std::string_view wrong : {"",
                                       "h",
                                       "//h",
                                       "ftp://h",
                                       "http:/h",
                                       "http://",
                                       "http:///x",
                                       "http://:80",
                                       "http://h:0",
                                       "http://h:65536",
                                       "http://h:-1",
                                       "http://h:8x",
                                       "http://h:80:80",
                                       "http://h h/",
                                       "http://h/a b",
                                       "http://h/a\nb",
                                       "http://h/\xc3\xa4",
                                       "http://\xc3\xa4/",
                                       "http://h#f",
                                       "http://h/?q#f",
                                       "http://[::1",
                                       "http://[::1]x",
                                       "http://[1.2.3.4]",
                                       "http://[fe80::1%25e]",
                                       "http://.h",
                                       "http://h..i",
                                       "http://%68",
                                       "http://h\\i"}) {
    const auto parts = parse_url(wrong, "AWS_ENDPOINT_URL");
    ASSERT_FALSE(parts) << wrong;
    EXPECT_EQ(parts.error().kind, error_kind::invalid_argument);
    EXPECT_TRUE(parts.error().message.starts_with("AWS_ENDPOINT_URL ")) << parts.error().message;
  }
}

TEST(ParseUrl, DoesNotRepeatAPassword) {
  for (const std::string_view text :
       {"http://user:canary-hunter2@h/", "http://user:x/canary-hunter2@h/",
        "http://user:x?canary-hunter2@h/", "http://user:x#canary-hunter2@h/",
        "http://[user:canary-hunter2]@h/", "http://user:/ canary-hunter2@h/"}) {
    const auto parts = parse_url(text, "URL");
    ASSERT_FALSE(parts) << text;
    EXPECT_EQ(parts.error().message.find("canary-hunter2"), std::string::npos)
        << parts.error().message;
  }
}

TEST(ParseUrl, RefusesHostsLongerThanDnsAllows) {
  EXPECT_TRUE(parse_url("http://" + std::string(63, 'a'), "URL"));
  EXPECT_FALSE(parse_url("http://" + std::string(64, 'a'), "URL"));
  std::string labels;
  for (int i = 0; i < 127; ++i)
    labels += "a.";
  EXPECT_FALSE(parse_url("http://" + labels, "URL"));
}

TEST(IsLoopback, IsThisMachineOnly) {
  for (const std::string_view here : {"127.0.0.1", "127.255.0.9", "::1", "localhost"})
    EXPECT_TRUE(is_loopback(here)) << here;
  for (const std::string_view elsewhere :
       {"", "128.0.0.1", "10.127.0.1", "127.0.0.1.example.com", "127.1", "localhost.example.com",
        "::2", "0.0.0.0", "1127.0.0.1", "127.0.0.1234567890"})
    EXPECT_FALSE(is_loopback(elsewhere)) << elsewhere;
}

}  // namespace
}  // namespace lambda_cache::aws
