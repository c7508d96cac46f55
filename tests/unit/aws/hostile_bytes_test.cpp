// Whatever bytes arrive, parsers answer with a value or an error: truncations at every byte and
// many random changes of valid texts, of use under AddressSanitizer above all.
#include "aws/arn.hpp"
#include "aws/base64.hpp"
#include "aws/command_line.hpp"
#include "aws/credential_plan.hpp"
#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/json_field.hpp"
#include "aws/parameter_name.hpp"
#include "aws/secret_id.hpp"
#include "aws/secrets_codec.hpp"
#include "aws/service_error.hpp"
#include "aws/shared_config.hpp"
#include "aws/sigv4.hpp"
#include "aws/ssm_codec.hpp"
#include "aws/sts_codec.hpp"
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

TEST(HostileBytes, OtherKeys) {
  survives(
      R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","Expiration":"2026-01-31T12:00:00Z"})",
      [](auto text) { return parse_process_output(text).has_value(); });
  survives(R"({"accessToken":"t","expiresAt":"2026-01-31T12:00:00UTC","region":"x"})",
           [](auto text) { return parse_sso_token(text).has_value(); });
}

TEST(HostileBytes, StsAnswers) {
  survives(
      "<?xml version='1.0'?><A:AssumeRoleResponse xmlns:A='x'><AssumeRoleResult><!-- c -->"
      "<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>s&amp;&#x41;</SecretAccessKey>"
      "<SessionToken><![CDATA[t]]></SessionToken><Expiration>2026-01-31T12:00:00Z</Expiration>"
      "</Credentials></AssumeRoleResult></A:AssumeRoleResponse>",
      [](auto text) { return decode_assumed_role(text, "AssumeRole").has_value(); });
  survives(
      "<R><GetCallerIdentityResult><Arn>a</Arn><Account>1</Account></GetCallerIdentityResult></R>",
      [](auto text) { return decode_get_caller_identity(text).has_value(); });
}

TEST(HostileBytes, SharedFiles) {
  const environment env = [](std::string_view) { return std::nullopt; };
  survives(
      "# c\n[DEFAULT]\nregion = r\n[default]\nrole_arn = r\nsource_profile = \"b c\"\ns3 =\n  a = "
      "b\n\n  c = d\n[profile 'b c']\ncredential_process = \"x y\" 'z' \\q\n"
      "[sso-session s]\nsso_region: x\r\n[services v]\nssm =\n  endpoint_url = http://x\n",
      [&](auto text) {
        const auto files = shared_config::parse({"c", "k"}, text, text);
        if (!files) return false;
        (void)plan_credentials({.env = env, .files = *files});
        (void)configured_endpoint_url(env, *files, "default", "ssm");
        return true;
      });
  survives("a \"b \\\" c\" 'd e'\\ f", [](auto text) { return split_command(text).has_value(); });
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

TEST(HostileBytes, Secrets) {
  survives(
      R"({"ARN":"arn:x-AbCdEf","Name":"/db","SecretString":"p\"\u00fc\ud83d\ude00","VersionId":"v"})",
      [](auto text) { return decode_get_secret_value(text).has_value(); });
  survives(R"({"Name":"/db","SecretBinary":"AAECAwQF/w=="})",
           [](auto text) { return decode_get_secret_value(text).has_value(); });
  survives(
      R"({"Errors":[{"SecretId":"/c","ErrorCode":"X"}],"SecretValues":[{"Name":"/b","SecretString":"2"}]})",
      [](auto text) {
        const auto all = decode_batch_get_secret_value(text);
        if (all && !all->found.empty()) (void)answers(all->found.front(), text);
        return all.has_value();
      });
  survives(R"({"NextRotationDate":1.7e9,"VersionIdsToStages":{"v":["AWSCURRENT"]}})",
           [](auto text) { return decode_describe_secret(text).has_value(); });
}

TEST(HostileBytes, SecretNames) {
  survives("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-AbCdEf", [](auto text) {
    const auto found = parse_secret_id(text);
    return found && !found->given_name().empty();
  });
  survives("/db#version_stage=AWSPREVIOUS",
           [](auto text) { return split_secret_locator(text).id == "/db"; });
  survives("arn:aws:ssm:eu-west-1:123456789012:x", [](auto text) {
    const auto found = split_arn(text);
    return found && arn_defect(*found, "ssm").empty();
  });
}

TEST(HostileBytes, Base64) {
  survives("AAECAwQFBgcICQo=\r\n", [](auto text) { return decode_base64(text).has_value(); });
}

TEST(HostileBytes, Fields) {
  for (const std::string_view path : {"a", "a.1.b", "x\"y", "9"})
    survives(R"( {"a": [1.5e3, {"b":"\"}]\u00fc", "b" : null}, []], "x\"y":"z", "9":[{}]} )",
             [path](auto text) { return pick_field(text, path).defect.empty(); });
  survives("a.1.b",
           [](auto text) { return pick_field(R"({"a":[0,{"b":1}]})", text).defect.empty(); });
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
