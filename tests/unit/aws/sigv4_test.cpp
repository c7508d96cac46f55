#include "aws/sigv4.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::aws {
namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

// The keys, the moment and the expected signatures are those of AWS's published test suite.
constexpr std::string_view test_key_id = "AKIDEXAMPLE";
constexpr std::string_view test_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::int64_t test_moment = 1'440'938'160;

credentials keys_with(std::string_view token) {
  credentials keys;
  keys.access_key_id = test_key_id;
  keys.secret_access_key.assign(test_secret.begin(), test_secret.end());
  keys.session_token.assign(token.begin(), token.end());
  return keys;
}

struct request_text {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view query = {};
  headers extra = {};
  std::string_view body = {};
};

headers sign(const request_text& text, std::string_view token = {}, bool s3 = false) {
  const signable_request request{
      text.method, "example.amazonaws.com", text.path, text.query, text.extra, text.body};
  return sign_v4(request, {"us-east-1", "service", test_moment, s3}, keys_with(token));
}

std::string find(const headers& from, std::string_view name) {
  const auto found = std::ranges::find(from, name, &headers::value_type::first);
  return found == from.end() ? "(absent)" : found->second;
}

std::string signature(const headers& from) {
  const std::string line = find(from, "Authorization");
  const std::size_t at = line.find("Signature=");
  return at == std::string::npos ? line : line.substr(at + 10);
}

TEST(SignV4, GetVanilla) {
  EXPECT_EQ(signature(sign({})),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SignV4, GetVanillaQueryOrderKeyCase) {
  const std::string_view expected =
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
  EXPECT_EQ(signature(sign({.query = "Param2=value2&Param1=value1"})), expected);
  EXPECT_EQ(signature(sign({.query = "Param1=value1&Param2=value2"})), expected);
}

TEST(SignV4, GetUnreservedPath) {
  EXPECT_EQ(signature(sign({.path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz"})),
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
}

TEST(SignV4, NormalisesThePath) {
  const std::string vanilla = signature(sign({}));
  for (const std::string_view path : {"", "/", "//", "/./", "/.", "/..", "/example/..", "/a/../"})
    EXPECT_EQ(signature(sign({.path = path})), vanilla) << path;
  EXPECT_EQ(signature(sign({.path = "/a//./b/../c/"})), signature(sign({.path = "/a/c/"})));
  EXPECT_NE(signature(sign({.path = "/a/c"})), signature(sign({.path = "/a/c/"})));
}

TEST(SignV4, SendsTheTokenAndSignsIt) {
  const headers added = sign({}, "a-token");
  EXPECT_EQ(find(added, "X-Amz-Security-Token"), "a-token");
  EXPECT_NE(find(added, "Authorization").find("host;x-amz-date;x-amz-security-token,"),
            std::string::npos);
  EXPECT_EQ(find(sign({}), "X-Amz-Security-Token"), "(absent)");
  EXPECT_NE(signature(added), signature(sign({}, "another")));
}

TEST(SignV4, NamesTheScope) {
  const headers added = sign({.method = "POST", .body = "{}"});
  EXPECT_EQ(find(added, "X-Amz-Date"), "20150830T123600Z");
  EXPECT_TRUE(find(added, "Authorization")
                  .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
                               "service/aws4_request, SignedHeaders=host;x-amz-date, Signature="));
}

TEST(SignV4, S3SignsThePathAsItIsAndAddsTheBodysHash) {
  EXPECT_EQ(find(sign({}, {}, true), "x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(find(sign({}), "x-amz-content-sha256"), "(absent)");
  EXPECT_NE(signature(sign({.path = "/a//b"}, {}, true)),
            signature(sign({.path = "/a/b"}, {}, true)));
}

TEST(SignV4, SignsEveryPartOfTheRequest) {
  const std::string plain = signature(sign({}));
  EXPECT_NE(signature(sign({.method = "POST"})), plain);
  EXPECT_NE(signature(sign({.path = "/a"})), plain);
  EXPECT_NE(signature(sign({.query = "a=1"})), plain);
  EXPECT_NE(signature(sign({.extra = {{"X-Amz-Target", "AmazonSSM.GetParameter"}}})), plain);
  EXPECT_NE(signature(sign({.body = std::string_view("\0", 1)})), plain);
}

TEST(SignV4, HeadersAreSignedWithoutNeedlessSpace) {
  EXPECT_EQ(signature(sign({.extra = {{"X-A", "  a   b\t c  "}}})),
            signature(sign({.extra = {{"x-a", "a b c"}}})));
  EXPECT_EQ(signature(sign({.extra = {{"X-A", "1"}, {"x-a", "2"}}})),
            signature(sign({.extra = {{"x-a", "1,2"}}})));
}

TEST(SignV4, LeavesOutWhatProxiesChangeAndWhatItMakesItself) {
  const std::string plain = signature(sign({}, "token"));
  EXPECT_EQ(signature(sign({.extra = {{"User-Agent", "x"},
                                      {"Connection", "close"},
                                      {"X-Amzn-Trace-Id", "Root=1"},
                                      {"Host", "elsewhere"},
                                      {"X-Amz-Date", "19700101T000000Z"},
                                      {"Authorization", "old"},
                                      {"X-Amz-Security-Token", "old"}}},
                           "token")),
            plain);
}

TEST(SignV4, LeavesNoSecretMemoryBehind) {
  const std::size_t before = core::secret_bytes_in_use();
  (void)sign({.body = "body"}, "token");
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::aws
