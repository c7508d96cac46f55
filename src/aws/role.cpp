#include "aws/role.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::aws {
namespace {

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

/// [\w+=,.@-], and for role names with a path and external ids also '/' and ':'.
bool is_name_character(char c) noexcept {
  return text::is_alnum(c) || std::string_view("_+=,.@-").contains(c);
}
bool is_path_character(char c) noexcept {
  return is_name_character(c) || c == '/';
}
bool is_external_id_character(char c) noexcept {
  return is_path_character(c) || c == ':';
}

bool take(std::string_view& text, std::string_view piece) noexcept {
  if (!text.starts_with(piece)) return false;
  text.remove_prefix(piece.size());
  return true;
}

/// arn:<partition>:iam::<12 digits>:role/<path and name>
bool is_role_arn(std::string_view arn) noexcept {
  if (arn.size() > 2048 || !take(arn, "arn:aws")) return false;
  while (!arn.empty() && (text::is_lower(arn.front()) || arn.front() == '-'))
    arn.remove_prefix(1);
  if (!take(arn, ":iam::")) return false;
  if (!text::all_digits(arn.substr(0, 12)) || arn.size() < 12) return false;
  arn.remove_prefix(12);
  return take(arn, ":role/") && !arn.empty() && !arn.ends_with('/') &&
         std::ranges::all_of(arn, is_path_character);
}

}  // namespace

std::string identity_of(const role_settings& role) {
  if (!role) return {};
  // None of them has spaces.
  std::string out = "role " + role.role_arn;
  if (!role.external_id.empty()) out += " external id " + role.external_id;
  if (!role.session_name.empty()) out += " session " + role.session_name;
  return out;
}

core::result<void> check_role(const role_settings& role) {
  if (!role) {
    if (!role.external_id.empty() || !role.session_name.empty() || role.duration)
      return refuse(
          "external_id, role_session_name and duration_seconds are of use with role_arn only: give "
          "role_arn as well.");
    return {};
  }
  if (!is_role_arn(role.role_arn))
    return refuse("role_arn=" + text::quoted(role.role_arn) +
                  " is not the ARN of a role; it should look like "
                  "arn:aws:iam::123456789012:role/name.");
  if (!role.external_id.empty() &&
      (role.external_id.size() < 2 || role.external_id.size() > 1224 ||
       !std::ranges::all_of(role.external_id, is_external_id_character)))
    return refuse(
        "external_id has to be 2 to 1224 characters of letters, digits and any of _+=,.@:/-");
  if (!role.session_name.empty() &&
      (role.session_name.size() < 2 || role.session_name.size() > 64 ||
       !std::ranges::all_of(role.session_name, is_name_character)))
    return refuse("role_session_name=" + text::quoted(role.session_name) +
                  " has to be 2 to 64 characters of letters, digits and any of _+=,.@-");
  if (role.duration && (*role.duration < 900 || *role.duration > 43'200))
    return refuse("duration_seconds=" + std::to_string(*role.duration) +
                  " has to be 900 to 43200 (15 minutes to 12 hours).");
  return {};
}

std::string default_session_name(std::string_view function) {
  std::string out = "lambda-cache-";
  constexpr std::size_t longest = 64;
  for (const char c : function.substr(0, longest - out.size()))
    out.push_back(is_name_character(c) ? c : '-');
  if (function.empty()) out += "session";
  return out;
}

}  // namespace lambda_cache::aws
