#include "agent/failures.hpp"

#include "agent/json_object.hpp"
#include "aws/json_text.hpp"

#include <string>

namespace lambda_cache::agent {
namespace {

using aws::append;
using aws::append_json_string;

/// Left out where there is nothing.
void add(json_object& to, std::string_view name, std::string_view text) {
  if (!text.empty()) to.member(name, text);
}

response as_document(const error_info& why) {
  response made;
  made.status = status_of(why);
  made.content_type = "application/json";
  {
    json_object document(made.body);
    document.member("__type", code_of(why));
    add(document, "message", why.message);
    document.member("kind", to_string(why.kind));
    add(document, "service", why.service);
    add(document, "operation", why.operation);
    add(document, "name", why.name);
    add(document, "requestId", why.request_id);
    document.member("retryable", why.retryable);
  }
  return made;
}

/// As AWS's agent writes it: a space behind the comma, and the message as it is. It is escaped all
/// the same: what it says of a service's message is not changed by that, and it stays JSON.
response as_agent(const error_info& why) {
  response made;
  made.status = status_of(why);
  append(made.body, "{\"__type\":");
  append_json_string(made.body, code_of(why));
  if (code_of(why) != "InternalFailure") {
    append(made.body, ", \"message\":");
    const bool ours = why.code.empty();
    std::string_view message = why.message;
    if (ours && why.kind == error_kind::timeout) message = "Timeout";
    if (ours && why.kind == error_kind::connection) message = "Read Error";
    if (ours && why.kind == error_kind::protocol) message = "Response Error";
    append_json_string(made.body, message);
  }
  append(made.body, "}");
  return made;
}

}  // namespace

std::string_view code_of(const error_info& why) noexcept {
  if (!why.code.empty()) return why.code;
  switch (why.kind) {
    case error_kind::invalid_argument:
      return "ValidationException";
    case error_kind::not_found:
      return why.service == "ssm" ? "ParameterNotFound" : "ResourceNotFoundException";
    case error_kind::access_denied:
      return "AccessDeniedException";
    case error_kind::timeout:
      return "TimeoutError";
    case error_kind::connection:
    case error_kind::protocol:
    case error_kind::tls:
      return "ConnectionError";
    case error_kind::throttled:
      return "ThrottlingException";
    case error_kind::credentials:
      return "CredentialsError";
    case error_kind::transform:
      return "TransformError";
    default:
      return "InternalFailure";
  }
}

int status_of(const error_info& why) noexcept {
  if (why.http_status >= 400) return why.http_status;
  switch (why.kind) {
    case error_kind::invalid_argument:
    case error_kind::not_found:
    case error_kind::access_denied:
    case error_kind::decryption:
    case error_kind::rejected:
    case error_kind::transform:
    case error_kind::throttled:
      return 400;
    case error_kind::timeout:
      return 504;
    case error_kind::connection:
    case error_kind::protocol:
    case error_kind::tls:
      return 502;
    default:
      return 500;
  }
}

response invalid_request(std::string_view message, bool as_json) {
  if (!as_json) return text_response(400, message);
  return as_document(core::make_error(error_kind::invalid_argument, std::string(message)));
}

response failed_read(const error_info& why, compatibility mode, bool as_json) {
  if (as_json) return as_document(why);
  if (mode == compatibility::agent) return as_agent(why);
  return text_response(400, "an unexpected error occurred while executing request");
}

void append_miss(core::secret_bytes& out, std::string_view name, const error_info& why) {
  json_object one(out);
  one.member("Name", name);
  one.member("Status", static_cast<unsigned>(status_of(why)));
  one.member("Code", code_of(why));
  one.member("Kind", to_string(why.kind));
  one.member("Message", std::string_view(why.message));
  one.member("Retryable", why.retryable);
}

}  // namespace lambda_cache::agent
