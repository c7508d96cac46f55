// Whatever bytes arrive, parsers answer with a value or an error: truncations at every byte and
// many random changes of valid texts, of use under AddressSanitizer above all.
#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/parameter_name.hpp"
#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "aws/ssm_codec.hpp"
#include "aws/text.hpp"
#include "aws/timestamps.hpp"
#include "aws/url.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {
namespace {

using parse = std::function<bool(std::string_view)>;

/// A copy of exactly the bytes, so that the sanitizer sees a read past their end.
bool on_exact_copy(const parse& accepts, std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return accepts({copy.data(), copy.size()});
}

std::string mutated(std::mt19937& random, std::string_view text) {
  constexpr std::string_view likely = "\"\\{}[]:,#<>/%&=@ \n\0\x7f\x80\xc3\xff-0u9eE.";
  std::string out(text);
  for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
    const std::size_t at = random() % (out.size() + 1);
    const char c =
        random() % 2 == 0 ? likely[random() % likely.size()] : static_cast<char>(random() % 256);
    switch (random() % 4) {
      case 0:
        out.insert(at, 1, c);
        break;
      case 1:
        out.erase(at, random() % 8);
        break;
      case 2:
        out.insert(at, out.substr(at, random() % 16));
        break;
      default:
        if (at < out.size()) out[at] = c;
    }
  }
  return out;
}

void survives(std::string_view valid, const parse& accepts) {
  EXPECT_TRUE(on_exact_copy(accepts, valid));
  for (std::size_t length = 0; length < valid.size(); ++length)
    (void)on_exact_copy(accepts, valid.substr(0, length));
  std::mt19937 random(7);  // NOLINT: the same texts in every run
  for (int i = 0; i < 3000; ++i)
    (void)on_exact_copy(accepts, mutated(random, valid));
}

constexpr std::string_view one_parameter =
    R"({"Parameter":{"ARN":"arn:aws:ssm:eu-west-1:1:parameter/x","LastModifiedDate":1.6e9,"Name":"/x","Selector":":3","Type":"StringList","Value":"a,\u00fc\ud83d\ude00\n","Version":3}})";
constexpr std::string_view two_parameters =
    R"({"InvalidParameters":["/n"],"Parameters":[{"Name":"/a","Type":"String","Value":"1"},{"Name":"/b","Type":"String","Value":"2","Version":2.0}]})";
constexpr std::string_view container_keys =
    R"({"AccessKeyId":"a","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-31T12:00:00.5+01:00"})";

TEST(HostileBytes, GetParameter) {
  survives(one_parameter, [](auto text) { return decode_get_parameter(text).has_value(); });
}

TEST(HostileBytes, EveryTruncatedBodyIsRefused) {
  for (std::size_t length = 0; length < one_parameter.size(); ++length)
    EXPECT_FALSE(decode_get_parameter(one_parameter.substr(0, length)));
  for (std::size_t length = 0; length < two_parameters.size(); ++length)
    EXPECT_FALSE(decode_get_parameters(two_parameters.substr(0, length)));
  for (std::size_t length = 0; length < container_keys.size(); ++length)
    EXPECT_FALSE(parse_container_credentials(container_keys.substr(0, length)));
}

TEST(HostileBytes, GetParameters) {
  survives(two_parameters, [](auto text) {
    const auto answer = decode_get_parameters(text);
    if (!answer) return false;
    (void)find_answer(*answer, "/a");
    (void)find_answer(*answer, text);
    return true;
  });
}

TEST(HostileBytes, GetParametersByPath) {
  constexpr std::string_view page =
      R"({"NextToken":"t\u00fc/+=","Parameters":[{"Name":"/a/x","Type":"String","Value":"1"},{"Name":"/a/b/y","Type":"StringList","Value":"2,3","Version":2}]})";
  survives(page, [](auto text) {
    const auto answer = decode_get_parameters_by_path(text);
    if (!answer) return false;
    for (const parameter& each : answer->found)
      (void)name_below("/a", each.name);
    (void)name_below(text, text);
    return true;
  });
  for (std::size_t length = 0; length < page.size(); ++length)
    EXPECT_FALSE(decode_get_parameters_by_path(page.substr(0, length)));
}

TEST(HostileBytes, Paths) {
  survives("/app/db_x/", [](auto text) {
    return make_parameter_path(text, true, {{"Label", {std::string(text)}}}).has_value();
  });
}

TEST(HostileBytes, ContainerCredentials) {
  survives(container_keys, [](auto text) { return parse_container_credentials(text).has_value(); });
}

TEST(HostileBytes, Refusals) {
  const auto accepts = [](std::string_view text) {
    const error_info info = classify({400, text, text, text}, "ssm", "GetParameter", text);
    // What is shown is one line of valid UTF-8.
    EXPECT_EQ(text::printable(info.message, 100'000), info.message);
    return !info.message.empty();
  };
  survives(R"({"__type":"a#AccessDeniedException:b","message":"User AKIAIOSFODNN7EXAMPLE ü"})",
           accepts);
  survives("<Error><Code>NoSuchKey</Code><Message>ü</Message></Error>", accepts);
}

TEST(HostileBytes, Names) {
  survives("arn:aws:ssm:eu-west-1:123456789012:parameter/app/x:12",
           [](auto text) { return parse_parameter_name(text).has_value(); });
  survives("/aws/reference/secretsmanager/a+b:label",
           [](auto text) { return parse_parameter_name(text).has_value(); });
}

TEST(HostileBytes, Urls) {
  survives("https://[fd00:ec2::23]:4566/base/path?a=b",
           [](auto text) { return parse_url(text, "URL").has_value(); });
  survives("http://vpce-1.ssm.eu-west-1.vpce.amazonaws.com:80/x/", [](auto text) {
    return resolve_endpoint("ssm", "eu-west-1", {std::string(text), false, false}).has_value();
  });
  survives("us-gov-east-1",
           [](auto text) { return resolve_endpoint("ssm", text, {}).has_value(); });
}

TEST(HostileBytes, Dates) {
  survives("2026-01-31T12:00:00.5+01:00",
           [](auto text) { return parse_iso8601(text).has_value(); });
  for (const std::string_view date : {"Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    survives(date, [](auto text) { return parse_http_date(text).has_value(); });
}

TEST(HostileBytes, Signing) {
  survives("/a/./b/../c//d%20e/?a=1&&b&=c&a=0", [](std::string_view text) {
    const std::vector<std::pair<std::string, std::string>> headers = {
        {std::string(text), std::string(text)}, {"a", std::string(text)}};
    credentials keys;
    keys.access_key_id = text;
    keys.secret_access_key.assign(text.begin(), text.end());
    return !sign_v4({text, text, text, text, headers, text}, {text, text, 0, false}, keys).empty();
  });
}

}  // namespace
}  // namespace lambda_cache::aws
