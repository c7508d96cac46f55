#include "aws/sts_codec.hpp"

#include "aws/text.hpp"
#include "aws/timestamps.hpp"
#include "aws/xml.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::aws {
namespace {

void append(core::secret_bytes& body, std::string_view text) {
  body.insert(body.end(), text.begin(), text.end());
}

void append_field(core::secret_bytes& body, std::string_view name, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  append(body, "&");
  append(body, name);
  append(body, "=");
  for (const char c : value) {
    if (text::is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      body.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    body.push_back('%');
    body.push_back(digits[byte >> 4U]);
    body.push_back(digits[byte & 0xfU]);
  }
}

core::secret_bytes begin(std::string_view operation) {
  core::secret_bytes body;
  append(body, "Action=");
  append(body, operation);
  append(body, "&Version=2011-06-15");
  return body;
}

std::unexpected<error_info> no_answer(std::string_view operation, std::string_view reason) {
  error_info why = core::make_error(error_kind::protocol, "STS answered " + std::string(operation) +
                                                              " with " + std::string(reason) +
                                                              ": check AWS_ENDPOINT_URL_STS.");
  why.service = "sts";
  why.operation = operation;
  return core::fail(std::move(why));
}

bool is_header_value(std::string_view text) noexcept {
  return !text.empty() && std::ranges::none_of(text, text::is_control);
}

std::string fix_for(std::string_view operation, const role_settings& role, std::string_view who) {
  if (operation == "AssumeRole")
    return "Allow sts:AssumeRole on this role in the policy of the caller (credentials of " +
           std::string(who) + "), and name the caller in the role's trust policy" +
           (role.external_id.empty() ? "; where that wants an sts:ExternalId, give external_id."
                                     : "; its sts:ExternalId has to be the external_id given.");
  return "Let the role's trust policy allow sts:AssumeRoleWithWebIdentity to the token's provider "
         "(its audience and subject have to match), and check that the provider exists in IAM.";
}

}  // namespace

core::secret_bytes encode_assume_role(const role_settings& role) {
  core::secret_bytes body = begin("AssumeRole");
  append_field(body, "RoleArn", role.role_arn);
  append_field(body, "RoleSessionName", role.session_name);
  if (!role.external_id.empty()) append_field(body, "ExternalId", role.external_id);
  if (role.duration) append_field(body, "DurationSeconds", std::to_string(*role.duration));
  return body;
}

core::secret_bytes encode_assume_role_with_web_identity(const role_settings& role,
                                                        std::string_view token) {
  core::secret_bytes body = begin("AssumeRoleWithWebIdentity");
  append_field(body, "RoleArn", role.role_arn);
  append_field(body, "RoleSessionName", role.session_name);
  append_field(body, "WebIdentityToken", token);
  return body;
}

core::secret_bytes encode_get_caller_identity() {
  return begin("GetCallerIdentity");
}

core::result<credentials> decode_assumed_role(std::string_view xml, std::string_view operation) {
  const xml_document document(xml);
  if (!document.valid())
    return no_answer(operation, "something that " + std::string(document.defect()));
  const std::string result = std::string(operation) + "Result";
  const auto field = [&](std::string_view name) {
    return document.find({result, "Credentials", name}).value_or(std::string_view());
  };
  const std::string_view id = field("AccessKeyId");
  const std::string_view secret = field("SecretAccessKey");
  const std::string_view token = field("SessionToken");
  if (!is_header_value(id) || !is_header_value(secret) || !is_header_value(token))
    return no_answer(operation, "an answer without keys");
  credentials keys;
  keys.access_key_id = id;
  keys.secret_access_key = {secret.begin(), secret.end()};
  keys.session_token = {token.begin(), token.end()};
  keys.expiration = parse_iso8601(field("Expiration"));
  if (!keys.expiration) return no_answer(operation, "keys without an Expiration");
  return keys;
}

core::result<caller_identity> decode_get_caller_identity(std::string_view xml) {
  constexpr std::string_view operation = "GetCallerIdentity";
  const xml_document document(xml);
  if (!document.valid())
    return no_answer(operation, "something that " + std::string(document.defect()));
  const auto field = [&](std::string_view name) {
    constexpr std::size_t longest = 2048;
    return text::printable(document.find({"GetCallerIdentityResult", name}).value_or(""), longest);
  };
  caller_identity out{field("Account"), field("Arn"), field("UserId")};
  if (out.account.empty() || out.arn.empty())
    return no_answer(operation, "an answer without an account");
  return out;
}

error_info classify_sts(const service_reply& reply, std::string_view operation,
                        const role_settings& role, std::string_view who) {
  error_info why = classify(reply, "sts", operation, role.role_arn);
  // The provider of the token did not answer in time; STS says that trying again may help.
  if (why.code == "IDPCommunicationError") {
    why.kind = error_kind::service;
    why.retryable = true;
  }
  if (why.retryable) return why;
  const bool denied = why.kind == error_kind::access_denied || why.code == "InvalidIdentityToken" ||
                      why.code == "IDPRejectedClaim";
  why.kind = error_kind::credentials;
  if (denied && role) {
    // What classify() says about the policy to change is meant for reads of values.
    const std::size_t fix = why.message.find(" Add sts:");
    if (fix != std::string::npos) why.message.resize(fix);
    why.message += " " + fix_for(operation, role, who);
  }
  return why;
}

}  // namespace lambda_cache::aws
