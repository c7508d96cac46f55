// URIs of objects, and where S3 has them. Input: the URI.
#include "aws/s3_uri.hpp"

#include "aws/endpoints.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

std::string decoded(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    require(at + 2 < text.size(), "an escape is complete");
    out += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
    at += 2;
  }
  return out;
}

void check_address(const aws::s3_uri& object, const aws::endpoint_options& options) {
  const auto regional = aws::resolve_endpoint("s3", "eu-west-1", options);
  require(regional.has_value(), "these endpoints are right");
  const aws::s3_address at = aws::locate(object, *regional);
  require(std::ranges::all_of(at.path, aws::text::is_visible), "a path is encoded");
  require(at.host == regional->host || at.host == object.bucket + "." + regional->host,
          "the bucket is a label, or not in the host");
  const bool in_host = at.host != regional->host;
  require(decoded(at.path) ==
              regional->base_path + (in_host ? "" : "/" + object.bucket) + "/" + object.key,
          "the key is asked for byte for byte");
}

}  // namespace

void s3_uri(std::string_view input) {
  require(decoded(aws::encode_query(input)) == input && decoded(aws::encode_path(input)) == input,
          "what is encoded can be decoded");
  const auto object = aws::parse_s3_uri(input);
  if (!object) {
    require_readable(object.error().message);
    require(object.error().code == aws::invalid_s3_uri, "the error has its code");
    return;
  }
  require("s3://" + object->bucket + "/" + object->key == input, "a URI is bucket and key");
  require(
      object->bucket.size() >= 3 && object->bucket.size() <= 255 && !object->bucket.contains('/'),
      "a bucket is one");
  require(!object->key.empty() && object->key.size() <= 1024 && is_utf8(object->key),
          "a key has 1 to 1024 bytes");
  require(object->key.ends_with(object->short_name) && !object->short_name.contains('/'),
          "the short name is the last part");
  check_address(*object, {});
  check_address(*object,
                {.url = "http://127.0.0.1:4566/base/", .fips = false, .dual_stack = false});
}

}  // namespace lambda_cache::fuzz
