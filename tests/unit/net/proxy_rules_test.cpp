// Which requests go through a proxy. tests/python/aws/test_proxies_agree.py compares with urllib,
// requests and botocore.
#include "net/proxy.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::net {
namespace {

bool is_covered(std::string_view list, const std::string& host, std::uint16_t port = 443) {
  return proxy_exceptions(list).cover({true, host, port});
}

TEST(proxy_exceptions_test, cover_names_and_what_is_below_them) {
  for (const char* list : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com",
                           "..example.com", "example.com.", "a,example.com", " a , example.com ",
                           "a example.com", "a,,example.com\n"}) {
    EXPECT_TRUE(is_covered(list, "example.com")) << list;
    EXPECT_TRUE(is_covered(list, "ssm.example.com")) << list;
    EXPECT_TRUE(is_covered(list, "SSM.Example.COM.")) << list;
    EXPECT_FALSE(is_covered(list, "badexample.com")) << list;
    EXPECT_FALSE(is_covered(list, "example.com.evil")) << list;
    EXPECT_FALSE(is_covered(list, "com")) << list;
  }
}

TEST(proxy_exceptions_test, a_star_covers_everything_and_nothing_nothing) {
  for (const char* list : {"*", "a,*", "* "}) {
    EXPECT_TRUE(is_covered(list, "example.com")) << list;
    EXPECT_TRUE(is_covered(list, "10.0.0.1")) << list;
  }
  for (const char* list : {"",
                           " ",
                           ",",
                           ".",
                           "..",
                           "*.",
                           "[",
                           "[]",
                           "[::1",
                           ":",
                           ":443",
                           "/",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/x",
                           "10.0.0.0/-1",
                           "fd00::/129",
                           "example.com:0",
                           "example.com:70000",
                           "example.com:x",
                           "[fd00::1]443"}) {
    EXPECT_FALSE(is_covered(list, "example.com")) << list;
    EXPECT_FALSE(is_covered(list, "10.0.0.1")) << list;
    EXPECT_FALSE(is_covered(list, "fd00::1")) << list;
  }
}

TEST(proxy_exceptions_test, a_port_is_of_that_port_only) {
  EXPECT_TRUE(is_covered("example.com:443", "ssm.example.com", 443));
  EXPECT_FALSE(is_covered("example.com:443", "ssm.example.com", 8443));
  EXPECT_TRUE(is_covered("10.0.0.1:443", "10.0.0.1", 443));
  EXPECT_FALSE(is_covered("10.0.0.1:443", "10.0.0.1", 80));
  EXPECT_TRUE(is_covered("[fd00::1]:443", "fd00::1", 443));
  EXPECT_FALSE(is_covered("[fd00::1]:443", "fd00::1", 80));
}

TEST(proxy_exceptions_test, cover_addresses_and_networks) {
  EXPECT_TRUE(is_covered("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(is_covered("10.1.2.3", "10.1.2.30"));
  EXPECT_FALSE(is_covered("2.3", "10.1.2.3"));  // an address has no parents
  EXPECT_TRUE(is_covered("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(is_covered("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(is_covered("10.1.2.3/8", "10.9.9.9"));  // the other bits do not count
  EXPECT_TRUE(is_covered("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(is_covered("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(is_covered("0.0.0.0/0", "203.0.113.1"));
  EXPECT_FALSE(is_covered("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(is_covered("10.0.0.0/8", "::ffff:10.0.0.1"));
  for (const char* list :
       {"fd00::1", "[fd00::1]", "fd00:0:0::1", "fd00::/8", "FD00::/127", "[fd00::1]/128"})
    EXPECT_EQ(is_covered(list, "fd00::1"), std::string_view(list) != "[fd00::1]/128") << list;
  EXPECT_FALSE(is_covered("fd00::/127", "fd00::2"));
  EXPECT_FALSE(is_covered("10.0.0.0/8", "ten.example.com"));  // names are not looked up
}

TEST(proxy_settings_test, each_scheme_has_its_own) {
  const auto plain = std::make_shared<proxy>();
  const auto secure = std::make_shared<proxy>();
  proxy_settings both{.http = plain, .https = secure, .exceptions = proxy_exceptions("no.example")};
  EXPECT_EQ(both.between({true, "example.com", 443}), secure);
  EXPECT_EQ(both.between({false, "example.com", 80}), plain);
  EXPECT_EQ(both.between({true, "no.example", 443}), nullptr);
  both.https = nullptr;
  EXPECT_EQ(both.between({true, "example.com", 443}), nullptr);
}

TEST(proxy_settings_test, this_machine_and_its_link_are_asked_directly) {
  const auto some = std::make_shared<proxy>();
  const proxy_settings both{.http = some, .https = some, .exceptions = {}};
  for (const char* own :
       {"localhost", "bucket.localhost", "127.0.0.1", "127.9.9.9", "127.1", "2130706433", "::1",
        "::ffff:127.0.0.1", "0.0.0.0", "::", "169.254.169.254", "169.254.170.2", "169.254.170.23",
        "169.254.100.1", "fe80::1", "fd00:ec2::254", "fd00:ec2::23"})
    EXPECT_EQ(both.between({false, own, 80}), nullptr) << own;
  for (const char* other : {"example.com", "localhost.example.com", "128.0.0.1", "10.0.0.1",
                            "169.253.0.1", "fd00::1", "2001:db8::1", "::2", "notlocalhost"})
    EXPECT_EQ(both.between({false, other, 80}), some) << other;
}

TEST(proxy_test, is_described_without_what_it_is_told) {
  proxy who{.setting = "https_proxy", .at = {false, "fd00::1", 3128}, .authorization = {'B', 'x'}};
  EXPECT_EQ(describe(who), "the proxy [fd00::1]:3128 (https_proxy)");
}

}  // namespace
}  // namespace lambda_cache::net
