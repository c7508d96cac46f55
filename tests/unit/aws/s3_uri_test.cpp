#include "aws/s3_uri.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

s3_uri parsed(std::string_view text) {
  auto uri = parse_s3_uri(text);
  EXPECT_TRUE(uri.has_value()) << text;
  return uri.value_or(s3_uri{});
}

error_info refused(std::string_view text) {
  const auto uri = parse_s3_uri(text);
  EXPECT_FALSE(uri.has_value()) << text;
  return uri ? error_info{} : uri.error();
}

endpoint at(const endpoint_options& options = {}) {
  return resolve_endpoint("s3", "eu-west-1", options).value();
}

TEST(S3Uri, TheKeyIsWhatFollowsByteForByte) {
  for (const std::string key :
       {"a", "a/b.txt", "/a", "//a//", "../a/../b", "./a", "a b", "a+b", "a%20b", "%", "a?b=c#d",
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "a\nb", "s3://b/k", "a/", " ", "a\tb", "\x7f"}) {
    const s3_uri uri = parsed("s3://my-bucket/" + key);
    EXPECT_EQ(uri.bucket, "my-bucket");
    EXPECT_EQ(uri.key, key);
    EXPECT_EQ(uri.text, "s3://my-bucket/" + key);
  }
  EXPECT_EQ(parsed("s3://buc/a/b.txt").short_name, "b.txt");
  EXPECT_EQ(parsed("s3://buc/b.txt").short_name, "b.txt");
  EXPECT_EQ(parsed("s3://buc/a/").short_name, "");
  EXPECT_EQ(parsed("s3://buc/" + std::string(1024, 'k')).key.size(), 1024U);
}

TEST(S3Uri, RefusalsAreRecognisable) {
  for (const std::string bad : {"",
                                "s3:",
                                "s3:/b/k",
                                "S3://bucket/k",
                                "http://bucket/k",
                                "bucket/k",
                                "s3://",
                                "s3:///k",
                                "s3:////k",
                                "s3://bucket",
                                "s3://bucket/",
                                "s3://bu/k",
                                "s3://bucket:x/k",
                                "s3://buck et/k",
                                "s3://b\xc3\xbc"
                                "cket/k",
                                "s3://a..b/k",
                                "s3://.ab/k",
                                "s3://192.168.1.1/k",
                                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/x",
                                "s3://bucket--use1-az4--x-s3/k",
                                "s3://bucket/\xff",
                                "s3://user@bucket/k"}) {
    const error_info why = refused(bad);
    EXPECT_EQ(why.kind, error_kind::invalid_argument) << bad;
    EXPECT_EQ(why.code, invalid_s3_uri) << bad;
    EXPECT_TRUE(why.message.starts_with("S3 URI '")) << why.message;
  }
  EXPECT_EQ(refused("s3://bucket/" + std::string(1025, 'k')).code, invalid_s3_uri);
  EXPECT_EQ(refused("s3://" + std::string(256, 'b') + "/k").code, invalid_s3_uri);
  EXPECT_NE(refused("s3://bucket").message.find("s3://bucket/key"), std::string::npos);
}

TEST(S3Uri, BucketsThatAreHostLabels) {
  for (const char* fine : {"abc", "a-b", "a1b", "1ab", "my-bucket-123"})
    EXPECT_TRUE(is_host_label_bucket(fine, false)) << fine;
  for (const char* bad : {"ab", "Abc", "a_b", "-ab", "ab-", "a.b", ""})
    EXPECT_FALSE(is_host_label_bucket(bad, false)) << bad;
  EXPECT_TRUE(is_host_label_bucket("a.b", true));
  for (const char* bad : {"a-.b", "a.-b", ".ab", "ab.", "a..b", "1.2.3.4"})
    EXPECT_FALSE(is_host_label_bucket(bad, true)) << bad;
  EXPECT_TRUE(is_host_label_bucket(std::string(63, 'a'), false));
  EXPECT_FALSE(is_host_label_bucket(std::string(64, 'a'), false));
}

TEST(S3Address, TheBucketIsInTheHostNameWhereItCanBe) {
  const s3_address plain = locate(parsed("s3://my-bucket/a/b"), at());
  EXPECT_EQ(plain.host, "my-bucket.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(plain.host_header, plain.host);
  EXPECT_EQ(plain.path, "/a/b");
  for (const std::string bucket : {"my.bucket", "My-Bucket", "my_bucket"}) {
    const s3_address path = locate(parsed("s3://" + bucket + "/a/b"), at());
    EXPECT_EQ(path.host, "s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(path.path, "/" + bucket + "/a/b");
  }
}

TEST(S3Address, PathStyleAtEndpointsOfOthers) {
  for (const char* url : {"http://127.0.0.1:9000", "http://localhost:9000/base/", "http://[::1]:1",
                          "https://minio.example"}) {
    const endpoint custom = at({.url = url});
    const s3_address address = locate(parsed("s3://my-bucket/a"), custom);
    EXPECT_EQ(address.host, custom.host);
    EXPECT_EQ(address.host_header, custom.host_header);
    EXPECT_EQ(address.path, custom.base_path + "/my-bucket/a");
  }
}

TEST(S3Address, ThePathIsEncodedOnceAndNotNormalised) {
  EXPECT_EQ(locate(parsed("s3://buc/a b+c%20d"), at()).path, "/a%20b%2Bc%2520d");
  EXPECT_EQ(locate(parsed("s3://buc//a//../b/./c"), at()).path, "//a//../b/./c");
  EXPECT_EQ(locate(parsed("s3://buc/\xc3\xa4?x=1#y&~'()!*"), at()).path,
            "/%C3%A4%3Fx%3D1%23y%26~%27%28%29%21%2A");
  EXPECT_EQ(encode_query("a/b"), "a%2Fb");
}

}  // namespace
}  // namespace lambda_cache::aws
