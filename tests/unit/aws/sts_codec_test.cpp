#include "aws/sts_codec.hpp"

#include "aws/xml.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

constexpr std::string_view assumed =
    R"(<?xml version="1.0"?><AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>
    <SecretAccessKey>a+&amp;/b</SecretAccessKey><SessionToken>t==</SessionToken>
    <Expiration>2026-01-31T12:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>)";

std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(StsCodec, EncodesForms) {
  EXPECT_EQ(text(encode_assume_role({.role_arn = "arn:aws:iam::1:role/a",
                                     .external_id = "x&y",
                                     .session_name = "s@x",
                                     .duration = 900})),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&"
            "RoleSessionName=s%40x&ExternalId=x%26y&DurationSeconds=900");
  EXPECT_EQ(
      text(encode_assume_role_with_web_identity({.role_arn = "r", .session_name = "s"}, "a.b-_~=")),
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r&RoleSessionName=s&"
      "WebIdentityToken=a.b-_~%3D");
  EXPECT_EQ(text(encode_get_caller_identity()), "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST(StsCodec, DecodesKeys) {
  const auto keys = decode_assumed_role(assumed, "AssumeRole");
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->access_key_id, "ASIA1");
  EXPECT_EQ(text(keys->secret_access_key), "a+&/b");
  EXPECT_EQ(text(keys->session_token), "t==");
  EXPECT_EQ(keys->expiration, 1'769'860'800);
}

TEST(StsCodec, RefusesAnswersWithoutKeys) {
  EXPECT_FALSE(decode_assumed_role(assumed, "AssumeRoleWithWebIdentity"));
  for (std::size_t length = 0; length < assumed.size(); ++length)
    EXPECT_FALSE(decode_assumed_role(assumed.substr(0, length), "AssumeRole"));
  const auto html = decode_assumed_role("<html><p>hi</p></html>", "AssumeRole");
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().kind, error_kind::protocol);
  EXPECT_NE(html.error().message.find("AWS_ENDPOINT_URL_STS"), std::string::npos);
}

TEST(StsCodec, DecodesTheCaller) {
  const auto who = decode_get_caller_identity(
      "<a:GetCallerIdentityResponse xmlns:a='x'><a:GetCallerIdentityResult><a:Arn>arn:x</a:Arn>"
      "<a:UserId>U</a:UserId><a:Account>123</a:Account></a:GetCallerIdentityResult>"
      "</a:GetCallerIdentityResponse>");
  ASSERT_TRUE(who) << who.error().message;
  EXPECT_EQ(who->arn, "arn:x");
  EXPECT_EQ(who->account, "123");
  EXPECT_EQ(who->user_id, "U");
}

error_info refused(int status, const std::string& code, std::string_view operation,
                   const role_settings& role) {
  const std::string body = "<ErrorResponse><Error><Type>Sender</Type><Code>" + code +
                           "</Code><Message>no</Message></Error></ErrorResponse>";
  return classify_sts({status, body, {}, "id-1"}, operation, role, "environment");
}

TEST(StsCodec, NamesTheRoleTheOperationAndTheFix) {
  const role_settings role{.role_arn = "arn:aws:iam::1:role/a", .external_id = "e"};
  const error_info denied = refused(403, "AccessDenied", "AssumeRole", role);
  EXPECT_EQ(denied.kind, error_kind::credentials)
      << "a refused role says nothing about the right to read a value";
  EXPECT_FALSE(denied.retryable);
  EXPECT_EQ(denied.message,
            "AccessDenied for sts:AssumeRole on arn:aws:iam::1:role/a: no. Allow sts:AssumeRole on "
            "this role in the policy of the caller (credentials of environment), and name the "
            "caller in the role's trust policy; its sts:ExternalId has to be the external_id "
            "given.");
  const error_info web = refused(400, "InvalidIdentityToken", "AssumeRoleWithWebIdentity", role);
  EXPECT_NE(web.message.find("trust policy allow sts:AssumeRoleWithWebIdentity"),
            std::string::npos);
}

TEST(StsCodec, TellsPassingRefusals) {
  EXPECT_TRUE(refused(400, "Throttling", "AssumeRole", {.role_arn = "r"}).retryable);
  EXPECT_TRUE(refused(503, "X", "AssumeRole", {.role_arn = "r"}).retryable);
  EXPECT_TRUE(refused(400, "IDPCommunicationError", "AssumeRoleWithWebIdentity", {.role_arn = "r"})
                  .retryable);
  EXPECT_TRUE(
      is_expired_credentials(refused(403, "ExpiredToken", "AssumeRole", {.role_arn = "r"})));
}

TEST(Xml, ReadsElements) {
  const xml_document document(
      "<?xml version='1.0'?><!-- x --><r a='1' b=\"<>\"><x/><y>1<z>in</z>2</y><y>second</y>"
      "<c><![CDATA[<&]]>&#65;&#x20ac;&quot;</c></r>\n");
  ASSERT_TRUE(document.valid());
  EXPECT_EQ(document.root(), "r");
  EXPECT_EQ(document.find({"x"}), "");
  EXPECT_EQ(document.find({"y"}), "12");
  EXPECT_EQ(document.find({"y", "z"}), "in");
  EXPECT_EQ(document.find({"z"}), std::nullopt);
  EXPECT_EQ(document.find({"c"}), "<&A\xe2\x82\xac\"");
}

TEST(Xml, RefusesWhatIsNoneAndWhatIsTooMuch) {
  for (const std::string_view wrong :
       {"", " ", "x", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a>&nbsp;</a>", "<a>&lt</a>",
        "<a b></a>", "<a b=c></a>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>&#0;</a>",
        "<a>&#xd800;</a>", "<a>&#x110000;</a>", "<a/>text", "text<a/>", "<a><![CDATA[x</a>",
        "<a b='c></a>"})
    EXPECT_EQ(xml_document(wrong).defect(), "is not XML") << wrong;
  std::string deep;
  for (std::size_t i = 0; i <= xml_document::deepest; ++i)
    deep += "<a>";
  for (std::size_t i = 0; i <= xml_document::deepest; ++i)
    deep += "</a>";
  EXPECT_EQ(xml_document(deep).defect(), "is nested deeper than 32 levels");
  EXPECT_NE(decode_get_caller_identity(deep).error().message.find("deeper than 32"),
            std::string::npos);
  std::string many = "<r>";
  for (std::size_t i = 0; i < xml_document::most_elements; ++i)
    many += "<a/>";
  EXPECT_EQ(xml_document(many + "</r>").defect(), "has more than 10000 elements");
}

}  // namespace
}  // namespace lambda_cache::aws
