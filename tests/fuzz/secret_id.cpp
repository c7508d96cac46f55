// Names of secrets and their versions. Input: the name, version id and stage, on a line each.
#include "aws/secret_id.hpp"

#include "aws/arn.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

std::optional<std::string> optional_text(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

void secret_id(std::string_view input) {
  const std::string_view text = take_line(input);
  const auto version = optional_text(take_line(input));
  const auto stage = optional_text(input);
  const auto found = aws::parse_secret_id(text, version, stage);
  if (!found) {
    require_readable(found.error().message);
    require(found.error().kind == error_kind::invalid_argument, "the argument is wrong");
    return;
  }
  const bool is_arn = text.starts_with("arn:");
  require(!text.empty() && text.size() <= (is_arn ? 2048U : 512U), "a name is bounded");
  require(std::ranges::all_of(text,
                              [](char c) {
                                return aws::text::is_alnum(c) ||
                                       std::string_view("/_+=.@-!:").contains(c);
                              }),
          "a name is made of legal characters");
  require(found->id == text && found->region.empty() == !is_arn, "an ARN has a region");
  require(found->version_id.empty() || found->version_stage.empty(), "one version is chosen");
  require(!found->given_name().empty(), "a secret has a name");
  const std::string locator = found->locator();
  require_readable(locator);
  const aws::secret_version split = aws::split_secret_locator(locator);
  require(split.id == found->id && split.version_id == found->version_id &&
              split.version_stage == found->version_stage,
          "a locator that is written is read again");
}

}  // namespace lambda_cache::fuzz
