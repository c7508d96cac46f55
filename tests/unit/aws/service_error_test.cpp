#include "aws/service_error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {
namespace {

error_info ssm(int status, std::string_view body, std::string_view name = "/app/x") {
  return classify({status, body, {}, "id-1"}, "ssm", "GetParameters", name);
}

std::string coded(std::string_view code, std::string_view message = {}) {
  return "{\"__type\":\"" + std::string(code) + "\",\"message\":\"" + std::string(message) + "\"}";
}

TEST(Classify, FillsInTheFacts) {
  const error_info info = ssm(400, coded("ParameterNotFound", "nothing there"));
  EXPECT_EQ(info.kind, error_kind::not_found);
  EXPECT_EQ(info.code, "ParameterNotFound");
  EXPECT_EQ(info.service, "ssm");
  EXPECT_EQ(info.operation, "GetParameters");
  EXPECT_EQ(info.name, "/app/x");
  EXPECT_EQ(info.request_id, "id-1");
  EXPECT_EQ(info.http_status, 400);
  EXPECT_FALSE(info.retryable);
  EXPECT_EQ(info.message,
            "ParameterNotFound for ssm:GetParameters on /app/x: nothing there. Check its name and "
            "region and, where one is given, its version or label.");
}

TEST(Classify, NamesTheMissingPermission) {
  EXPECT_EQ(ssm(400, coded("AccessDeniedException", "User: u is not authorized.")).message,
            "AccessDeniedException for ssm:GetParameters on /app/x: User: u is not authorized. Add "
            "ssm:GetParameters on this parameter to the role's policy (and kms:Decrypt on its key "
            "for a SecureString).");
  EXPECT_EQ(classify({400, R"({"__type":"AccessDeniedException"})", {}, {}}, "secretsmanager",
                     "GetSecretValue", {})
                .message,
            "AccessDeniedException for secretsmanager:GetSecretValue. Add "
            "secretsmanager:GetSecretValue on this secret to the role's policy (and kms:Decrypt on "
            "its key).");
}

struct judged {
  int status;
  std::string_view code;
  std::string_view message;
  error_kind kind;
  bool retryable;
};

TEST(Classify, JudgesByCode) {
  using enum error_kind;
  const judged cases[] = {
      {400, "ThrottlingException", "Rate exceeded", throttled, true},
      {400, "Throttling", "", throttled, true},
      {503, "SlowDown", "", throttled, true},
      {400, "RequestLimitExceeded", "", throttled, true},
      {400, "KMSThrottlingException", "", throttled, true},
      {400, "ParameterNotFound", "", not_found, false},
      {400, "ParameterVersionNotFound", "", not_found, false},
      {400, "ResourceNotFoundException", "", not_found, false},
      {400, "InvalidKeyId", "", decryption, false},
      {400, "DecryptionFailure", "", decryption, false},
      {400, "KMSAccessDeniedException", "", decryption, false},
      {400, "KMSInvalidStateException", "", decryption, false},
      // Of S3, which names KMS's own codes.
      {400, "KMS.DisabledException", "", decryption, false},
      {400, "KMS.NotFoundException", "", decryption, false},
      {400, "KMS.KMSInvalidStateException", "", decryption, false},
      {400, "KMS.InvalidStateException", "", decryption, false},
      {400, "KMS.InvalidKeyUsageException", "", decryption, false},
      {400, "KMS.AccessDeniedException", "", decryption, false},
      {400, "KMS.UnrecognizedClientException", "", decryption, false},
      {400, "KMS.ThrottlingException", "", throttled, true},
      {503, "KMS.ThrottlingException", "", throttled, true},
      {400, "KMS.KeyUnavailableException", "", error_kind::service, true},
      {400, "KMS.KMSInternalException", "", error_kind::service, true},
      {400, "KMS.DependencyTimeoutException", "", error_kind::service, true},
      {400, "KMS.", "", decryption, false},
      {400, "AccessDeniedException", "not authorized to perform: ssm:GetParameter", access_denied,
       false},
      {403, "AccessDenied", "", access_denied, false},
      {400, "UnrecognizedClientException", "The security token is invalid", credentials, false},
      {403, "InvalidSignatureException", "", credentials, false},
      {400, "ExpiredTokenException", "", credentials, false},
      {403, "IncompleteSignature", "", credentials, false},
      {403, "InvalidClientTokenId", "", credentials, false},
      {400, "ValidationException", "", rejected, false},
      {400, "UnknownOperationException", "", rejected, false},
      {400, "SomethingNew", "", rejected, false},
      {429, "SomethingNew", "", throttled, true},
      {500, "InternalServerError", "", service, true},
      {400, "InternalServerError", "", service, true},
      {400, "RequestTimeout", "", service, true},
      {500, "ValidationException", "", service, true},
      {503, "AccessDeniedException", "", service, true},
  };
  for (const judged& expected : cases) {
    const error_info info = ssm(expected.status, coded(expected.code, expected.message));
    EXPECT_EQ(info.kind, expected.kind) << expected.code << ' ' << expected.status;
    EXPECT_EQ(info.retryable, expected.retryable) << expected.code;
    EXPECT_EQ(info.code, expected.code);
  }
}

TEST(Classify, TellsKmsRefusalsFromThoseOfTheService) {
  for (const std::string_view message :
       {"The ciphertext refers to a customer master key that does not exist, does not exist in "
        "this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error "
        "Code: AccessDeniedException)",
        "User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:r:1:key/k"}) {
    const error_info info = ssm(400, coded("AccessDeniedException", message));
    EXPECT_EQ(info.kind, error_kind::decryption) << message;
    EXPECT_NE(info.message.find("Add kms:Decrypt on the key"), std::string::npos) << info.message;
  }
}

TEST(Classify, ReadsTheCodeWhereverItStands) {
  EXPECT_EQ(ssm(400, R"({"__type":"com.amazonaws.ssm#ParameterNotFound"})").code,
            "ParameterNotFound");
  EXPECT_EQ(ssm(400, R"({"__type":"ParameterNotFound:http://x/#y"})").code, "y");
  EXPECT_EQ(ssm(400, R"({"code":"ParameterNotFound","Message":"m"})").code, "ParameterNotFound");
  EXPECT_EQ(classify({400, "", "ParameterNotFound:http://x/", {}}, "ssm", "GetParameter", {}).kind,
            error_kind::not_found);
  EXPECT_EQ(classify({400, "{}", "ThrottlingException", {}}, "ssm", "GetParameter", {}).kind,
            error_kind::throttled);
  const error_info xml = classify(
      {404,
       "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>No &amp; no</Message>"
       "</Error>",
       {},
       {}},
      "s3", "GetObject", "k");
  EXPECT_EQ(xml.kind, error_kind::not_found);
  EXPECT_EQ(xml.code, "NoSuchKey");
}

TEST(Classify, JudgesByStatusWhereThereIsNoCode) {
  using enum error_kind;
  const std::pair<int, error_kind> cases[] = {
      {301, rejected}, {400, rejected},  {401, credentials}, {403, access_denied},
      {404, rejected}, {405, rejected},  {407, rejected},    {408, service},
      {413, rejected}, {429, throttled}, {500, service},     {502, service},
      {503, service},  {504, service},   {599, service},     {204, protocol}};
  for (const auto& [status, kind] : cases) {
    for (const std::string_view body : {"", "<html>secret page</html>", "{", "[]", "{\"x\":1}"}) {
      const error_info info = ssm(status, body);
      EXPECT_EQ(info.kind, kind) << status;
      EXPECT_EQ(info.code, "");
      EXPECT_TRUE(info.message.starts_with("HTTP status " + std::to_string(status) +
                                           " for ssm:GetParameters on /app/x."))
          << info.message;
      EXPECT_EQ(info.message.find("secret page"), std::string::npos);
    }
  }
}

TEST(Classify, QuotesTheServiceInOneShortLine) {
  const error_info info = ssm(400, coded("ValidationException", "a\\r\\nb\\u0000\\u001b[31mc"));
  EXPECT_NE(info.message.find(": a b [31mc."), std::string::npos) << info.message;
  const error_info longer =
      ssm(400, coded("ValidationException", std::string(90, 'x') + " " + std::string(90, 'y') +
                                                " " + std::string(90, 'z') + " " +
                                                std::string(90, 'u') + " " + std::string(90, 'v')));
  EXPECT_LT(longer.message.size(), 520U);
  EXPECT_NE(longer.message.find("..."), std::string::npos);
}

TEST(Classify, BoundsCodeNameAndRequestId) {
  const std::string endless(10'000, 'a');
  const error_info info =
      classify({400, coded(endless), {}, endless + "\r\n"}, "ssm", "GetParameter", endless);
  EXPECT_LE(info.code.size(), 64U);
  EXPECT_LT(info.request_id.size(), 200U);
  EXPECT_LT(info.message.size(), 700U);
}

TEST(Classify, NeverRepeatsCredentials) {
  // The canonical request is left out as a whole: it also holds tokens too short to stand out.
  const error_info repeated = ssm(
      403, coded("InvalidSignatureException",
                 "It does not match. The Canonical String for this request should have been "
                 "'POST x-amz-security-token:short'. The String-to-Sign should have been 'short'"));
  EXPECT_NE(repeated.message.find("It does not match."), std::string::npos);
  EXPECT_EQ(repeated.message.find("short"), std::string::npos);

  const std::string token = "FwoGZXIvYXdzE" + std::string(300, 'T') + "+/=";
  const std::vector<std::string> messages = {
      "The Canonical String for this request should have been 'x-amz-security-token:" + token + "'",
      "'Credential=AKIAIOSFODNN7EXAMPLE/2015' has no '=' in Authorization header: 'AKIAIOSFODNN7'",
      "The security token " + token + " included in the request is invalid",
      "Key ASIAIOSFODNN7EXAMPLE does not exist",
      "Credential=mykey/20150830/r/ssm/aws4_request is odd",
  };
  for (const std::string& message : messages) {
    const error_info info = ssm(403, coded("InvalidSignatureException", message));
    for (const std::string_view secret : {"TTTT", "IOSFODNN7", "mykey"})
      EXPECT_EQ(info.message.find(secret), std::string::npos) << info.message;
  }
}

TEST(Classify, KeepsNamesThatOnlyLookEncoded) {
  const std::string message =
      "User: arn:aws:sts::123456789012:assumed-role/a-role/session is not authorized to perform: "
      "ssm:GetParameter on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/production/app";
  EXPECT_NE(ssm(400, coded("AccessDeniedException", message)).message.find(message),
            std::string::npos);
}

TEST(IsClockSkew, KnowsItByCodeOrByWords) {
  EXPECT_TRUE(is_clock_skew(ssm(403, coded("RequestTimeTooSkewed"))));
  EXPECT_TRUE(is_clock_skew(ssm(400, coded("RequestExpired"))));
  EXPECT_TRUE(is_clock_skew(
      ssm(400, coded("InvalidSignatureException",
                     "Signature expired: 20150830T123600Z is now earlier than 20150830T124000Z"))));
  EXPECT_TRUE(is_clock_skew(
      ssm(400, coded("InvalidSignatureException", "Signature not yet current: 20150830T123600Z"))));
  EXPECT_FALSE(is_clock_skew(ssm(400, coded("InvalidSignatureException", "does not match"))));
  EXPECT_FALSE(is_clock_skew(ssm(400, coded("ValidationException", "Signature expired"))));
  EXPECT_NE(ssm(403, coded("RequestExpired")).message.find("Check the clock"), std::string::npos);
}

TEST(Classify, ATokenThatIsCutIsStillOne) {
  // What follows 6,400 bytes is not read; here 80 of the token's characters come before.
  const std::string token(200, 'T');
  const std::string message = ssm(400, coded("X", "see " + std::string(6316, ' ') + token)).message;
  EXPECT_EQ(message.find("TTT"), std::string::npos) << message;
}

TEST(Classify, ACodeWithAnAccessKeyIsNone) {
  const error_info info = ssm(400, coded("Bad.AKIAIOSFODNN7EXAMPLE"));
  EXPECT_EQ(info.code, "");
  EXPECT_EQ(info.message.find("AKIA"), std::string::npos) << info.message;
}

TEST(IsExpiredCredentials, KnowsTheCodes) {
  for (const std::string_view code :
       {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
    EXPECT_TRUE(is_expired_credentials(ssm(400, coded(code)))) << code;
  EXPECT_FALSE(is_expired_credentials(ssm(400, coded("UnrecognizedClientException"))));
  EXPECT_FALSE(is_expired_credentials(ssm(400, coded("RequestExpired"))));
}

}  // namespace
}  // namespace lambda_cache::aws
