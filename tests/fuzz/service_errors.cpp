// Refusals of every service. Input: lines with status, x-amzn-errortype and request id; the body.
#include "aws/error_codes.hpp"
#include "aws/service_error.hpp"
#include "aws/sts_codec.hpp"
#include "aws/text.hpp"
#include "aws/xml_error.hpp"
#include "fuzz/target.hpp"

#include <iterator>
#include <utility>

namespace lambda_cache::fuzz {
namespace {

/// Runs of characters that a session token is made of.
void check_no_token(std::string_view message) {
  constexpr std::size_t shortest_token = 100;
  constexpr std::size_t shortest_key = 12;
  std::size_t token = 0;
  for (std::size_t at = 0; at < message.size(); ++at) {
    const char c = message[at];
    const bool encoded = aws::text::is_alnum(c) || std::string_view("+/=%").contains(c);
    token = encoded ? token + 1 : 0;
    require(token < shortest_token, "a message shows no token");
    if (!message.substr(at).starts_with("AKIA") && !message.substr(at).starts_with("ASIA"))
      continue;
    const auto rest = message.substr(at);
    const auto end = std::ranges::find_if_not(
        rest, [](char k) { return aws::text::is_upper(k) || aws::text::is_digit(k); });
    require(static_cast<std::size_t>(end - rest.begin()) < shortest_key,
            "a message shows no access key");
  }
}

void check(const error_info& info) {
  require_readable(info.message);
  check_no_token(info.message);
  require(info.code.size() <= 64 && std::ranges::all_of(info.code,
                                                        [](char c) {
                                                          return aws::text::is_alnum(c) ||
                                                                 c == '_' || c == '.' || c == '-';
                                                        }),
          "a code is a word");
  require(
      info.request_id.size() <= 131 && std::ranges::none_of(info.request_id, aws::text::is_control),
      "a request id is short and one line");
  require(info.kind != error_kind::invalid_argument && info.kind != error_kind::cancelled,
          "a refusal is not ours");
}

}  // namespace

void service_errors(std::string_view input) {
  const auto number = aws::text::whole_number(take_line(input).substr(0, 4));
  const std::string_view type = take_line(input);
  const std::string_view id = take_line(input);
  const int status = static_cast<int>(number.value_or(400));
  const aws::service_reply reply{
      .status = status, .body = input, .error_type_header = type, .request_id = id};
  constexpr std::pair<const char*, const char*> asked[] = {{"ssm", "GetParameters"},
                                                           {"secretsmanager", "GetSecretValue"},
                                                           {"s3", "GetObject"},
                                                           {"ssm", "GetParametersByPath"}};
  const auto& [service, operation] = asked[input.size() % std::size(asked)];
  const error_info info = aws::classify(reply, service, operation, "/app/x");
  check(info);
  require(info.http_status == status && info.service == service, "an error says of what");
  (void)aws::is_clock_skew(info);
  (void)aws::is_expired_credentials(info);
  const aws::role_settings role{.role_arn = "arn:aws:iam::123456789012:role/x"};
  const error_info refused = aws::classify_sts(reply, "AssumeRole", role, "environment");
  check(refused);
  require(refused.retryable || refused.kind == error_kind::credentials,
          "a definite refusal of STS is about credentials");
  check(aws::classify(type, input, "secretsmanager", "BatchGetSecretValue", "/app/x"));

  constexpr std::size_t longest_field = 4096;
  constexpr std::size_t longest_document = 64 * 1024;
  if (const auto error = aws::parse_xml_error(input)) {
    require(input.size() <= longest_document, "an XML error is bounded");
    for (const std::string* field :
         {&error->code, &error->message, &error->region, &error->request_id})
      require(field->size() <= longest_field, "a field is bounded");
  }
}

}  // namespace lambda_cache::fuzz
