// Answers of STS, and the XML below them. Input: a body.
#include "aws/sts_codec.hpp"
#include "aws/xml.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

/// More than the parser, which stops at the first mistake, can have opened.
std::size_t count_of(std::string_view text, char c) {
  return static_cast<std::size_t>(std::ranges::count(text, c));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '&' || c == '>') {
      out += "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
    } else {
      out += c;
    }
  }
  return out;
}

std::string write(const aws::credentials& keys) {
  return "<a:AssumeRoleResponse xmlns:a='x'><AssumeRoleResult><Credentials><AccessKeyId>" +
         escaped(keys.access_key_id) + "</AccessKeyId><SecretAccessKey>" +
         escaped(view(keys.secret_access_key)) + "</SecretAccessKey><SessionToken>" +
         escaped(view(keys.session_token)) +
         "</SessionToken><Expiration>2026-01-31T12:00:00Z</Expiration></Credentials>"
         "</AssumeRoleResult></a:AssumeRoleResponse>";
}

void check_refusal(const error_info& why) {
  require_discreet(why);
  require(why.kind == error_kind::protocol && why.service == "sts", "an answer that is none");
}

void check_xml(std::string_view input) {
  const aws::xml_document document(input);
  if (document.valid()) {
    require(!document.root().empty() && document.defect().empty(), "XML has a root");
    require(document.find({}).has_value(), "the root has a text");
    return;
  }
  require_readable(document.defect());
  require(document.root().empty() && !document.find({}), "what is no XML has nothing in it");
  require(
      !document.defect().contains("deeper") || count_of(input, '<') > aws::xml_document::deepest,
      "too deep is said of what is too deep");
  require(!document.defect().contains("elements") ||
              count_of(input, '<') > aws::xml_document::most_elements,
          "too many is said of what is too many");
}

}  // namespace

void sts_answers(std::string_view input) {
  check_xml(input);
  for (const std::string_view operation : {"AssumeRole", "AssumeRoleWithWebIdentity"}) {
    const auto keys = aws::decode_assumed_role(input, operation);
    if (!keys) {
      check_refusal(keys.error());
      continue;
    }
    for (const std::string_view text : {std::string_view(keys->access_key_id),
                                        view(keys->secret_access_key), view(keys->session_token)})
      require(!text.empty() && std::ranges::none_of(text, aws::text::is_control),
              "keys are header values");
    require(keys->expiration.has_value(), "keys of STS expire");
    const auto again = aws::decode_assumed_role(write(*keys), "AssumeRole");
    require(again && again->access_key_id == keys->access_key_id &&
                again->secret_access_key == keys->secret_access_key &&
                again->session_token == keys->session_token,
            "keys that are written are read again");
  }
  if (const auto who = aws::decode_get_caller_identity(input)) {
    for (const std::string* text : {&who->account, &who->arn})
      require_readable(*text);
  } else {
    check_refusal(who.error());
  }
}

}  // namespace lambda_cache::fuzz
