#include "aws/service_error.hpp"

#include "aws/error_codes.hpp"
#include "aws/json.hpp"
#include "aws/redact.hpp"
#include "aws/text.hpp"
#include "aws/xml_error.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_code = 64;
constexpr std::size_t longest_name = 256;

struct refusal {
  std::string code;
  std::string message;  // already fit to be shown
};

/// "com.amazonaws.ssm#ParameterNotFound:http://..." is ParameterNotFound; empty if it is no code.
std::string clean_code(std::string_view raw) {
  if (const std::size_t hash = raw.rfind('#'); hash != std::string_view::npos)
    raw.remove_prefix(hash + 1);
  raw = raw.substr(0, raw.find(':'));
  const auto legal = [](char c) { return text::is_alnum(c) || c == '_' || c == '.' || c == '-'; };
  const auto end = std::ranges::find_if_not(raw, legal);
  raw = raw.substr(0, static_cast<std::size_t>(end - raw.begin()));
  std::string code(raw.substr(0, longest_code));
  // Who puts an access key here shows it no more than in the message.
  return showable_message(code) == code ? code : std::string();
}

refusal read_refusal(const service_reply& reply) {
  refusal out;
  const json_document document(reply.body);
  if (const boost::json::object* root = document.object()) {
    for (const std::string_view name : {"__type", "code", "Code"})
      if (out.code.empty()) out.code = clean_code(find_text(*root, name).value_or(""));
    for (const std::string_view name : {"message", "Message", "errorMessage"})
      if (out.message.empty()) out.message = showable_message(find_text(*root, name).value_or(""));
  } else if (const auto error = parse_xml_error(reply.body)) {
    out.code = clean_code(error->code);
    out.message = showable_message(error->message);
  }
  if (out.code.empty()) out.code = clean_code(reply.error_type_header);
  return out;
}

error_kind kind_by_status(int status, std::string_view service) {
  if (status == 429) return error_kind::throttled;
  if (status >= 500 || status == 408) return error_kind::service;
  if (status == 401) return error_kind::credentials;
  if (status == 403) return error_kind::access_denied;
  // A path is an object there; elsewhere it is the endpoint that is wrong.
  if (status == 404 && service == "s3") return error_kind::not_found;
  if (status >= 200 && status < 300) return error_kind::protocol;
  return error_kind::rejected;
}

error_kind kind_of(const refusal& why, int status, std::string_view service) {
  const error_kind by_code = kind_by_code(why.code);
  // A service in trouble may name any cause; only throttling is told apart.
  if (by_code == error_kind::throttled) return by_code;
  if (status >= 500) return error_kind::service;
  if (why.code.empty()) return kind_by_status(status, service);
  if (by_code == error_kind::access_denied && mentions_kms(why.message))
    return error_kind::decryption;
  // An unknown code: a definite refusal, unless the status says otherwise.
  if (by_code == error_kind::rejected && (status == 429 || status == 408))
    return kind_by_status(status, service);
  return by_code;
}

bool is_by_path(const error_info& info) {
  return info.operation == "GetParametersByPath";
}

std::string_view thing(std::string_view service) {
  if (service == "ssm") return "parameter";
  if (service == "secretsmanager") return "secret";
  if (service == "s3") return "object";
  return "resource";
}

std::string fix_for(const error_info& info) {
  const std::string action = info.service + ":" + info.operation;
  const std::string what(thing(info.service));
  switch (info.kind) {
    case error_kind::access_denied: {
      // It is the path that a policy allows, with or without a slash at its end as it is asked for.
      if (is_by_path(info))
        return "Add " + action + " on the path, whose ARN ends in \":parameter" +
               text::printable(info.name, longest_name) +
               "\", to the role's policy (and kms:Decrypt on the keys of its SecureStrings).";
      std::string fix = "Add " + action + " on this " + what + " to the role's policy";
      if (info.service == "ssm") fix += " (and kms:Decrypt on its key for a SecureString)";
      if (info.service == "secretsmanager") fix += " (and kms:Decrypt on its key)";
      if (info.service == "s3")
        fix +=
            " (and s3:ListBucket on its bucket, without which an object that does not exist is "
            "refused like this, too)";
      return fix + ".";
    }
    case error_kind::not_found:
      return info.service == "ssm"
                 ? "Check its name and region and, where one is given, its version or label."
                 : "Check its name and region.";
    case error_kind::decryption:
      if (is_by_path(info))
        return "Add kms:Decrypt on the keys of this path's SecureStrings to the role's policy, "
               "allow the role in the keys' policies, and check that the keys are enabled.";
      return "Add kms:Decrypt on the key of this " + what +
             " to the role's policy, allow the role in the key's policy, and check that the key "
             "is enabled.";
    case error_kind::credentials:
      if (is_clock_skew(info)) return "Check the clock of this machine.";
      if (is_expired_credentials(info)) return "Get new credentials.";
      return "Check the credentials and the region they are used in.";
    case error_kind::throttled:
      return info.service == "ssm" ? "Read less often (a longer max age), or raise the quota by "
                                     "/ssm/parameter-store/high-throughput-enabled."
                                   : "Read less often (a longer max age), or raise the quota.";
    case error_kind::rejected:
      if (info.code == "InvalidObjectState")
        return "The object is archived: restore it first, or copy it to a storage class that can "
               "be read at once.";
      if (info.http_status >= 300 && info.http_status < 400)
        return "The endpoint redirects; check the region and the endpoint URL.";
      if (info.http_status == 404 || info.http_status == 405) return "Check the endpoint URL.";
      if (info.http_status == 407) return "Check the proxy's credentials.";
      return {};
    default:
      return {};
  }
}

std::string sentence(const error_info& info, std::string_view quoted_message) {
  std::string out =
      info.code.empty() ? "HTTP status " + std::to_string(info.http_status) : info.code;
  out += " for " + info.service + ":" + info.operation;
  if (!info.name.empty()) out += " on " + text::printable(info.name, longest_name);
  if (!quoted_message.empty()) out.append(": ").append(quoted_message);
  if (!out.ends_with('.')) out += ".";
  const std::string fix = fix_for(info);
  if (!fix.empty()) out += " " + fix;
  return out;
}

}  // namespace

namespace {

error_info explain(const refusal& why, const service_reply& reply, std::string_view service,
                   std::string_view operation, std::string_view name) {
  error_info info = core::make_error(kind_of(why, reply.status, service), std::string());
  info.service = service;
  info.operation = operation;
  info.code = why.code;
  info.name = name;
  constexpr std::size_t longest_id = 128;
  info.request_id = text::printable(reply.request_id, longest_id);
  info.http_status = reply.status;
  // is_clock_skew reads the service's words out of the message.
  info.message = why.message;
  info.message = sentence(info, why.message);
  return info;
}

}  // namespace

error_info classify(const service_reply& reply, std::string_view service,
                    std::string_view operation, std::string_view name) {
  return explain(read_refusal(reply), reply, service, operation, name);
}

error_info classify(std::string_view code, std::string_view message, std::string_view service,
                    std::string_view operation, std::string_view name) {
  constexpr int inside_an_answer = 200;
  const service_reply reply{
      .status = inside_an_answer, .body = {}, .error_type_header = {}, .request_id = {}};
  return explain({clean_code(code), showable_message(message)}, reply, service, operation, name);
}

bool is_clock_skew(const error_info& error) noexcept {
  constexpr std::array<std::string_view, 3> certain = {"RequestExpired", "RequestTimeTooSkewed",
                                                       "RequestInTheFuture"};
  constexpr std::array<std::string_view, 3> possible = {"InvalidSignatureException",
                                                        "SignatureDoesNotMatch", "AuthFailure"};
  if (std::ranges::find(certain, error.code) != certain.end()) return true;
  return std::ranges::find(possible, error.code) != possible.end() &&
         (text::icontains(error.message, "signature expired") ||
          text::icontains(error.message, "not yet current"));
}

bool is_expired_credentials(const error_info& error) noexcept {
  constexpr std::array<std::string_view, 4> codes = {"ExpiredToken", "ExpiredTokenException",
                                                     "TokenRefreshRequired", "CredentialsExpired"};
  return std::ranges::find(codes, error.code) != codes.end();
}

}  // namespace lambda_cache::aws
