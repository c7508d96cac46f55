// ARNs, and roles with what belongs to them. Input: the ARN, external id and session on a line
// each.
#include "aws/arn.hpp"

#include "aws/endpoints.hpp"
#include "aws/role.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

void check_arn(std::string_view text) {
  const auto parts = aws::split_arn(text);
  if (!parts) return require(std::ranges::count(text, ':') < 5, "five colons make an ARN");
  const std::string head(text.substr(0, text.find(':')));
  std::string joined = head;
  for (const std::string_view field :
       {parts->partition, parts->service, parts->region, parts->account, parts->resource})
    joined.append(":").append(field);
  require(joined == text, "an ARN is its fields");
  const std::string defect = aws::arn_defect(*parts, "ssm");
  if (!defect.empty()) return require_readable(defect);
  require(aws::is_region(parts->region) && parts->service == "ssm" &&
              (parts->account.empty() || parts->account.size() == 12),
          "an ARN without a defect is right");
}

}  // namespace

void arn(std::string_view input) {
  const std::string_view text = take_line(input);
  check_arn(text);
  if (const auto bad = aws::illegal_character(text, "/")) require_readable(*bad);

  aws::role_settings role{.role_arn = std::string(text),
                          .external_id = std::string(take_line(input)),
                          .session_name = std::string(take_line(input))};
  const auto checked = aws::check_role(role);
  if (!checked) {
    require_readable(checked.error().message);
    require(role.role_arn.contains(canary) || role.session_name.contains(canary) ||
                !checked.error().message.contains(canary),
            "an error does not show the external id");
  } else if (role) {
    require(role.role_arn.size() <= 2048 && role.role_arn.contains(":role/") &&
                std::ranges::all_of(role.role_arn, aws::text::is_visible),
            "a role is one");
    require(role.session_name.size() <= 64 && role.external_id.size() <= 1224, "texts are bounded");
    require(!aws::identity_of(role).empty(), "a role has an identity");
  }
  // Whatever the function is called, its session has a legal name.
  role = {.role_arn = "arn:aws:iam::123456789012:role/x",
          .session_name = aws::default_session_name(text)};
  require(aws::check_role(role).has_value(), "the default session name is legal");
}

}  // namespace lambda_cache::fuzz
