#include "sources/fake_failures.hpp"

#include "aws/service_error.hpp"

#include <utility>

namespace lambda_cache::sources {
namespace {

std::string_view code_of_s3(error_kind kind) {
  switch (kind) {
    case error_kind::not_found:
      return "NoSuchKey";
    case error_kind::access_denied:
    case error_kind::decryption:  // told apart by the message
      return "AccessDenied";
    case error_kind::rejected:
      return "InvalidRequest";
    case error_kind::credentials:
      return "InvalidAccessKeyId";
    case error_kind::throttled:
      return "SlowDown";
    case error_kind::service:
      return "InternalError";
    default:
      return {};
  }
}

/// The code that a service gives for a kind; empty where it gives no answer.
std::string_view code_for(error_kind kind, std::string_view service) {
  if (service == "s3") return code_of_s3(kind);
  switch (kind) {
    case error_kind::not_found:
      return service == "ssm" ? "ParameterNotFound" : "ResourceNotFoundException";
    case error_kind::access_denied:
      return "AccessDeniedException";
    case error_kind::decryption:
      return service == "ssm" ? "InvalidKeyId" : "DecryptionFailure";
    case error_kind::rejected:
      return "ValidationException";
    case error_kind::credentials:
      return "UnrecognizedClientException";
    case error_kind::throttled:
      return "ThrottlingException";
    case error_kind::service:
      return "InternalServerError";
    default:
      return {};
  }
}

int status_for(error_kind kind, std::string_view service) {
  constexpr int refused = 400;
  constexpr int in_trouble = 500;
  if (kind == error_kind::service) return in_trouble;
  if (service != "s3") return refused;
  // JSON services refuse with 400, whatever the reason.
  constexpr int denied = 403;
  constexpr int absent = 404;
  constexpr int slow_down = 503;
  switch (kind) {
    case error_kind::not_found:
      return absent;
    case error_kind::access_denied:
    case error_kind::decryption:
    case error_kind::credentials:
      return denied;
    case error_kind::throttled:
      return slow_down;
    default:
      return refused;
  }
}

std::string_view words_for(error_kind kind) {
  switch (kind) {
    case error_kind::timeout:
      return "the answer did not come in time";
    case error_kind::connection:
      return "the endpoint could not be reached";
    case error_kind::tls:
      return "the endpoint's certificate was refused";
    default:
      return "the answer was not understood";
  }
}

}  // namespace

error_info fake_error(error_kind kind, std::string_view code, std::string_view message,
                      std::string_view service, std::string_view operation,
                      const std::string& name) {
  const bool is_own = code.empty();
  if (is_own) code = code_for(kind, service);
  if (!code.empty()) {
    std::string words(message);
    if (is_own && kind == error_kind::decryption && service == "s3") words += " (kms:Decrypt)";
    error_info why = aws::classify(code, words, service, operation, name);
    why.http_status = status_for(why.kind, service);
    return why;
  }
  std::string text = "Reading " + name + " failed: ";
  text.append(words_for(kind)).append(" (").append(message).append(").");
  error_info why = core::make_error(kind, std::move(text));
  why.service = service;
  why.operation = operation;
  why.name = name;
  return why;
}

}  // namespace lambda_cache::sources
