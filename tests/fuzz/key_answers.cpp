// Keys as JSON: of containers, of a credential_process, the cached token of SSO. Input: the text.
#include "aws/credentials.hpp"
#include "aws/json.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, aws::text::is_control) && is_utf8(text);
}

/// A code is repeated in the error: that is what the service says of itself.
bool is_canary_a_code(std::string_view input) {
  const aws::json_document document(input);
  const auto* root = document.object();
  if (root == nullptr) return false;
  const auto has = [](const boost::json::object& in) {
    return aws::find_text(in, "Code").value_or("").contains(canary) ||
           aws::find_text(in, "code").value_or("").contains(canary);
  };
  const auto* inside = aws::find_member(*root, "roleCredentials");
  return has(*root) || (inside != nullptr && inside->is_object() && has(inside->get_object()));
}

void check(const core::result<aws::credentials>& keys, bool is_code) {
  if (keys)
    return require(is_key(keys->access_key_id) && is_key(view(keys->secret_access_key)) &&
                       (keys->session_token.empty() || is_key(view(keys->session_token))),
                   "keys are header values");
  require_readable(keys.error().message);
  require(is_code || !keys.error().message.contains(canary), "an error shows no secret");
}

}  // namespace

void key_answers(std::string_view input) {
  constexpr aws::key_answer_origin sso{.who = "SSO",
                                       .inside = "roleCredentials",
                                       .id = "accessKeyId",
                                       .secret = "secretAccessKey",
                                       .token = "sessionToken",
                                       .expiration = "expiration",
                                       .expiration_in_milliseconds = true,
                                       .check_endpoint = "check it",
                                       .check_role = "check it"};
  const bool is_code = is_canary_a_code(input);
  check(aws::parse_container_credentials(input), is_code);
  check(aws::parse_key_answer(input, sso), is_code);
  const auto printed = aws::parse_process_output(input);
  check(printed, is_code);
  require(
      printed || (printed.error().kind == error_kind::credentials && !printed.error().retryable),
      "a process prints the same again");
  if (const auto token = aws::parse_sso_token(input)) {
    require(is_key(view(token->token)), "a token is a header value");
  } else {
    require_discreet(token.error());
  }
}

}  // namespace lambda_cache::fuzz
