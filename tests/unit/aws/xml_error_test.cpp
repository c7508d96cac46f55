#include "aws/xml_error.hpp"

#include "aws/service_error.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace lambda_cache::aws {
namespace {

error_info s3(int status, std::string_view body) {
  return classify({status, body, {}, "id-1"}, "s3", "GetObject", "s3://bucket/key");
}

std::string error_xml(const std::string& code, const std::string& more = {}) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
         "</Code><Message>why</Message>" + more + "<RequestId>r</RequestId></Error>";
}

TEST(XmlError, ReadsWhatS3AndStsSay) {
  const auto s3_says = parse_xml_error(
      error_xml("AuthorizationHeaderMalformed", "<Region>eu-central-1</Region><HostId/>"));
  ASSERT_TRUE(s3_says);
  EXPECT_EQ(s3_says->code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(s3_says->message, "why");
  EXPECT_EQ(s3_says->region, "eu-central-1");
  EXPECT_EQ(s3_says->request_id, "r");
  const auto sts_says = parse_xml_error(
      "<ErrorResponse xmlns=\"https://sts.amazonaws.com/\">\n <Error>\n <Type>Sender</Type>\n "
      "<Code>AccessDenied</Code><Message>m</Message></Error><RequestId>q</RequestId>"
      "</ErrorResponse>\n");
  ASSERT_TRUE(sts_says);
  EXPECT_EQ(sts_says->code, "AccessDenied");
  for (const std::string outer : {"Response", "ErrorResponse"}) {
    const auto ec2_says = parse_xml_error(
        "<" + outer + "><Errors><Error><Code>first</Code></Error><Error><Code>second</Code>" +
        "</Error></Errors></" + outer + ">");
    ASSERT_TRUE(ec2_says);
    EXPECT_EQ(ec2_says->code, "first");
  }
}

TEST(XmlError, DecodesEntitiesAndPassesOverTheRest) {
  const auto got = parse_xml_error(
      "<!-- <Error> --><Error a='1'><Message>a &amp;&lt;&gt;&quot;&apos; &#65;&#x20ac;"
      "</Message><Code><![CDATA[No<Such>]]></Code><Deep><Code>other</Code></Deep>"
      "</Error>");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->message, "a &<>\"' A\xe2\x82\xac");
  EXPECT_EQ(got->code, "No<Such>");
}

TEST(XmlError, BrokenDocumentsSayNothing) {
  for (const std::string bad :
       {"", "<Error>", "<Error><Code>x</Code>", "<Error><Code>x</Error>", "<Other/>",
        "<Error></Other>", "</Error>", "<Error><Code>x</Code></Error", "<Errors></Errors>",
        "<Response></Response>", "<Error><Code>&nix;</Code></Error>", "<Error>&</Error>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>", "<Errors/>",
        "<Error><!-- </Error>", "<Error><![CDATA[ </Error>", "<Error><></></Error>"})
    EXPECT_FALSE(parse_xml_error(bad)) << bad;
  std::string deep = "<Error>";
  for (int i = 0; i < 100; ++i)
    deep += "<a>";
  EXPECT_FALSE(parse_xml_error(deep));
  EXPECT_FALSE(parse_xml_error(error_xml("x", std::string(70'000, ' '))));
  const auto longest = parse_xml_error(error_xml(std::string(10'000, 'x')));
  ASSERT_TRUE(longest);
  EXPECT_LE(longest->code.size(), 4096U);
}

TEST(XmlError, HostileBytes) {
  std::mt19937 random(5);
  const std::string whole = error_xml("NoSuchKey", "<Region>a</Region><![CDATA[x]]><!-- y -->");
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (std::size_t n = random() % 4 + 1; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20 + 1);
          break;
        default:
          text.insert(at, "<&>;/!-[]"[random() % 9] + std::string("x"));
      }
      if (text.empty()) text = "<";
    }
    (void)parse_xml_error(text);
    (void)s3(400, text);
  }
}

TEST(ClassifyS3, EachCodeOfS3) {
  using enum error_kind;
  const std::tuple<int, const char*, error_kind> cases[] = {
      {404, "NoSuchKey", not_found},
      {404, "NoSuchBucket", not_found},
      {404, "NoSuchVersion", not_found},
      {403, "AccessDenied", access_denied},
      {403, "AllAccessDisabled", access_denied},
      {403, "AccountProblem", access_denied},
      {403, "InvalidObjectState", rejected},
      {403, "RequestTimeTooSkewed", credentials},
      {403, "InvalidAccessKeyId", credentials},
      {403, "SignatureDoesNotMatch", credentials},
      {400, "ExpiredToken", credentials},
      {400, "InvalidToken", credentials},
      {400, "AuthorizationHeaderMalformed", credentials},
      {301, "PermanentRedirect", rejected},
      {307, "TemporaryRedirect", rejected},
      {412, "PreconditionFailed", rejected},
      {416, "InvalidRange", rejected},
      {400, "RequestTimeout", service},
      {503, "SlowDown", throttled},
      {503, "ServiceUnavailable", service},
      {500, "InternalError", service},
      {405, "MethodNotAllowed", not_found},
  };
  for (const auto& [status, code, kind] : cases) {
    const error_info why = s3(status, error_xml(code));
    EXPECT_EQ(to_string(why.kind), to_string(kind)) << code;
    EXPECT_EQ(why.code, code);
    EXPECT_NE(why.message.find("s3:GetObject"), std::string::npos) << why.message;
    EXPECT_NE(why.message.find("s3://bucket/key"), std::string::npos) << why.message;
  }
  EXPECT_NE(s3(403, error_xml("AccessDenied")).message.find("s3:ListBucket"), std::string::npos);
  EXPECT_NE(s3(403, error_xml("InvalidObjectState")).message.find("restore"), std::string::npos);
}

TEST(ClassifyS3, WithoutABody) {
  using enum error_kind;
  const std::pair<int, error_kind> cases[] = {
      {301, rejected},  {307, rejected}, {304, rejected}, {403, access_denied},
      {404, not_found}, {412, rejected}, {500, service},  {503, service}};
  for (const auto& [status, kind] : cases)
    EXPECT_EQ(to_string(s3(status, "").kind), to_string(kind)) << status;
}

}  // namespace
}  // namespace lambda_cache::aws
