#include "aws/error_codes.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace lambda_cache::aws {
namespace {

using codes = std::span<const std::string_view>;

// Throttles come with any status; Parameter Store sends them as 400.
constexpr std::array<std::string_view, 16> throttled = {"Throttling",
                                                        "ThrottlingException",
                                                        "ThrottledException",
                                                        "RequestThrottledException",
                                                        "TooManyRequestsException",
                                                        "ProvisionedThroughputExceededException",
                                                        "TransactionInProgressException",
                                                        "RequestLimitExceeded",
                                                        "BandwidthLimitExceeded",
                                                        "LimitExceededException",
                                                        "RequestThrottled",
                                                        "SlowDown",
                                                        "PriorRequestNotComplete",
                                                        "EC2ThrottledException",
                                                        "KMSThrottlingException",
                                                        "TooManyUpdates"};

// The service's own trouble, also where the status is not 5xx.
constexpr std::array<std::string_view, 13> passing = {
    "InternalServerError",    "InternalServerException",
    "InternalServiceError",   "InternalFailure",
    "InternalError",          "InternalServiceException",
    "ServiceUnavailable",     "ServiceUnavailableException",
    "RequestTimeout",         "RequestTimeoutException",
    "KMSInternalException",   "DependencyTimeoutException",
    "KeyUnavailableException"};

constexpr std::array<std::string_view, 20> credentials = {"ExpiredToken",
                                                          "ExpiredTokenException",
                                                          "TokenRefreshRequired",
                                                          "CredentialsExpired",
                                                          "UnrecognizedClientException",
                                                          "InvalidClientTokenId",
                                                          "InvalidAccessKeyId",
                                                          "InvalidToken",
                                                          "InvalidSignatureException",
                                                          "InvalidSignature",
                                                          "SignatureDoesNotMatch",
                                                          "IncompleteSignature",
                                                          "IncompleteSignatureException",
                                                          "MissingAuthenticationToken",
                                                          "MissingAuthenticationTokenException",
                                                          "AuthorizationHeaderMalformed",
                                                          "AuthFailure",
                                                          "RequestExpired",
                                                          "RequestTimeTooSkewed",
                                                          "RequestInTheFuture"};

// MethodNotAllowed: S3's word for the version that marks an object as deleted.
constexpr std::array<std::string_view, 7> not_found = {"ParameterNotFound",
                                                       "ParameterVersionNotFound",
                                                       "ResourceNotFoundException",
                                                       "NoSuchKey",
                                                       "NoSuchBucket",
                                                       "NoSuchVersion",
                                                       "MethodNotAllowed"};

constexpr std::array<std::string_view, 14> decryption = {"InvalidKeyId",
                                                         "DecryptionFailure",
                                                         "EncryptionFailure",
                                                         "KMSAccessDeniedException",
                                                         "KMSDisabledException",
                                                         "KMSInvalidStateException",
                                                         "KMSNotFoundException",
                                                         "KMSOptInRequired",
                                                         "KMSInvalidKeyUsageException",
                                                         "KMSInvalidMacException",
                                                         "DisabledException",
                                                         "InvalidCiphertextException",
                                                         "InvalidKeyUsageException",
                                                         "IncorrectKeyException"};

constexpr std::array<std::string_view, 8> access_denied = {
    "AccessDenied",          "AccessDeniedException", "UnauthorizedOperation",
    "UnauthorizedException", "OptInRequired",         "AuthorizationErrorException",
    "AllAccessDisabled",     "AccountProblem"};

bool contains(codes list, std::string_view code) noexcept {
  return std::ranges::find(list, code) != list.end();
}

}  // namespace

error_kind kind_by_code(std::string_view code) noexcept {
  // S3 puts this before what KMS said of the object's key: "KMS.DisabledException". Whatever that
  // is, it is about the key; only what passes at KMS passes.
  if (constexpr std::string_view of_kms = "KMS."; code.starts_with(of_kms)) {
    const error_kind at_kms = kind_by_code(code.substr(of_kms.size()));
    return at_kms == error_kind::throttled || at_kms == error_kind::service
               ? at_kms
               : error_kind::decryption;
  }
  if (contains(throttled, code)) return error_kind::throttled;
  if (contains(passing, code)) return error_kind::service;
  if (contains(credentials, code)) return error_kind::credentials;
  if (contains(not_found, code)) return error_kind::not_found;
  if (contains(decryption, code)) return error_kind::decryption;
  if (contains(access_denied, code)) return error_kind::access_denied;
  return error_kind::rejected;
}

bool mentions_kms(std::string_view message) noexcept {
  constexpr std::array<std::string_view, 4> words = {"AWSKMS", "kms:", "customer master key",
                                                     "KMS key"};
  return std::ranges::any_of(words, [&](auto word) { return text::icontains(message, word); });
}

}  // namespace lambda_cache::aws
