#include "aws/credential_plan.hpp"

#include "aws/command_line.hpp"
#include "aws/crypto.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace lambda_cache::aws {
namespace {

/// Roles assumed one with the other; people have two or three.
constexpr std::size_t longest_role_chain = 16;

using maybe_plan = core::result<std::optional<credential_plan>>;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

std::string in_profile(std::string_view profile) {
  return "profile " + text::quoted(profile);
}

std::string text_of(std::optional<std::string_view> value) {
  return std::string(value.value_or(std::string_view()));
}

core::secret_bytes secret_of(std::string_view text) {
  return {text.begin(), text.end()};
}

class planner {
 public:
  explicit planner(const plan_input& from)
      : in_(from), profile_(chosen_profile(from.env).value_or("default")) {}

  core::result<credential_plan> plan() {
    if (in_.has_environment_keys) return credential_plan{environment_plan{}, "environment"};
    if (const auto named = chosen_profile(in_.env); named && !in_.files.has_profile(*named))
      return refuse("The " + in_profile(*named) +
                    " that AWS_PROFILE names is neither in the config nor in the credentials file: "
                    "check its name, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.");
    if (is_role_profile(profile_)) {
      visited_.push_back(profile_);
      return role_of(profile_);
    }
    auto found = of_profile(profile_, true);
    if (!found) return core::fail(std::move(found.error()));
    if (*found) return std::move(**found);
    if (in_.has_container) return container();
    return instance();
  }

 private:
  std::optional<std::string_view> find(std::string_view profile, std::string_view option) const {
    return in_.files.find(profile, option);
  }

  bool is_role_profile(std::string_view profile) const {
    return find(profile, "role_arn") && !find(profile, "web_identity_token_file");
  }
  bool has_keys(std::string_view profile) const {
    return find(profile, "aws_access_key_id") || find(profile, "aws_secret_access_key");
  }

  static credential_plan container() { return {container_plan{}, "container endpoint"}; }

  core::result<credential_plan> instance() const {
    constexpr std::string_view advice =
        "In Lambda the function's role provides credentials; elsewhere set AWS_PROFILE, or export "
        "them, for example with 'eval \"$(aws configure export-credentials --format env)\"'.";
    const std::string nothing =
        "No AWS credentials found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor "
        "AWS_WEB_IDENTITY_TOKEN_FILE, nor AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI are "
        "set, and the shared files have none for the " +
        in_profile(profile_);
    if (in_lambda(in_.env)) return refuse(nothing + ". " + std::string(advice));
    if (text::iequals(in_.env("AWS_EC2_METADATA_DISABLED").value_or(""), "true"))
      return refuse(nothing + "; the instance metadata service is switched off by " +
                    "AWS_EC2_METADATA_DISABLED. " + std::string(advice));
    auto plan = plan_instance(in_.env, in_.files, profile_);
    if (!plan) return core::fail(std::move(plan.error()));
    return credential_plan{std::move(*plan), "instance metadata"};
  }

  /// What a profile has besides a role with a source, in botocore's order. `with_environment`: the
  /// variables for a web identity count as well.
  maybe_plan of_profile(const std::string& profile, bool with_environment) const {
    auto found = web_identity(profile, with_environment);
    if (!found || *found) return found;
    found = sso(profile);
    if (!found || *found) return found;
    found = keys(profile, &shared_config::find_in_credentials, "credentials file");
    if (!found || *found) return found;
    if (find(profile, "login_session"))
      return refuse("The " + in_profile(profile) +
                    " uses a session of 'aws login', which only the AWS CLI can use: export its "
                    "credentials with 'eval \"$(aws configure export-credentials --profile " +
                    text::printable(profile, 120) + " --format env)\"'.");
    found = process(profile);
    if (!found || *found) return found;
    return keys(profile, &shared_config::find_in_config, "config file");
  }

  maybe_plan web_identity(const std::string& profile, bool with_environment) const {
    const auto setting = [&](std::string_view variable, std::string_view option) {
      if (with_environment)
        if (auto set = in_.env(variable)) return std::move(*set);
      return text_of(find(profile, option));
    };
    web_identity_plan plan;
    plan.token_file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (plan.token_file.empty()) return std::nullopt;
    plan.role.role_arn = setting("AWS_ROLE_ARN", "role_arn");
    plan.role.session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
    if (plan.role.role_arn.empty())
      return refuse(
          "A web identity token file is configured, but no role: set AWS_ROLE_ARN, or role_arn in "
          "the " +
          in_profile(profile) + ".");
    name_session(plan.role);
    std::string description = "web identity, role " + text::printable(plan.role.role_arn, 200);
    return credential_plan{std::move(plan), std::move(description)};
  }

  maybe_plan sso(const std::string& profile) const {
    if (!find(profile, "sso_role_name") && !find(profile, "sso_account_id")) return std::nullopt;
    const auto session = find(profile, "sso_session");
    const ini_section* shared = session ? in_.files.sso_session(*session) : nullptr;
    if (session && shared == nullptr)
      return refuse("The " + in_profile(profile) + " names sso_session=" + text::quoted(*session) +
                    ", but the config file has no [sso-session " + text::printable(*session, 120) +
                    "] section.");
    std::string missing;
    std::string differing;
    const auto setting = [&](std::string_view option) {
      const auto own = find(profile, option);
      const ini_option* common = shared == nullptr ? nullptr : shared->find(option);
      if (own && common != nullptr && *own != std::string_view(common->value)) differing = option;
      if (!own && common == nullptr) missing += (missing.empty() ? "" : ", ") + std::string(option);
      return own ? std::string(*own)
                 : text_of(common == nullptr ? std::nullopt
                                             : std::optional<std::string_view>(common->value));
    };
    sso_plan plan;
    plan.profile = profile;
    plan.role_name = setting("sso_role_name");
    plan.account_id = setting("sso_account_id");
    const std::string start_url = setting("sso_start_url");
    plan.region = setting("sso_region");
    if (!missing.empty())
      return refuse("The " + in_profile(profile) + " uses SSO, but lacks " + missing +
                    ": run 'aws configure sso --profile " + text::printable(profile, 120) + "'.");
    if (!differing.empty())
      return refuse("The " + in_profile(profile) + " and its sso_session " +
                    text::quoted(*session) + " have different values for " + differing +
                    ": remove it from the profile.");
    plan.token_file_name = sha1_hex(session ? *session : std::string_view(start_url)) + ".json";
    return credential_plan{std::move(plan), "SSO, " + in_profile(profile)};
  }

  maybe_plan keys(const std::string& profile,
                  std::optional<std::string_view> (shared_config::*read)(std::string_view,
                                                                         std::string_view)
                      const noexcept,
                  const std::string& file) const {
    const auto get = [&](std::string_view option) { return (in_.files.*read)(profile, option); };
    const auto id = get("aws_access_key_id");
    if (!id) return std::nullopt;
    const auto secret = get("aws_secret_access_key");
    if (!secret)
      return refuse("The " + in_profile(profile) + " in the " + file +
                    " has aws_access_key_id, but no aws_secret_access_key: set both.");
    auto token = get("aws_security_token");
    if (!token) token = get("aws_session_token");
    for (const auto& text : {*id, *secret, token.value_or("")})
      if (std::ranges::any_of(text, text::is_control))
        return refuse("The " + in_profile(profile) + " in the " + file +
                      " has a key that goes on in the next line, or with control characters.");
    if (id->empty() || secret->empty())
      return refuse("The " + in_profile(profile) + " in the " + file + " has an empty key.");
    file_keys_plan plan;
    plan.keys.access_key_id = *id;
    plan.keys.secret_access_key = secret_of(*secret);
    plan.keys.session_token = secret_of(token.value_or(""));
    return credential_plan{std::move(plan), in_profile(profile)};
  }

  maybe_plan process(const std::string& profile) const {
    const auto command = find(profile, "credential_process");
    if (!command) return std::nullopt;
    auto words = split_command(*command);
    if (!words || words->empty() || words->front().empty() ||
        std::ranges::any_of(*words, [](const auto& word) { return word.contains('\0'); }))
      return refuse("The credential_process of the " + in_profile(profile) +
                    " is not a command: check its quotes.");
    return credential_plan{process_plan{profile, std::move(*words)},
                           "credential_process of the " + in_profile(profile)};
  }

  core::result<credential_plan> role_of(const std::string& profile) {
    if (visited_.size() > longest_role_chain)
      return refuse("More than 16 profiles assume roles one with the other: " + chain() + ".");
    assume_role_plan plan;
    plan.role.role_arn = text_of(find(profile, "role_arn"));
    plan.role.external_id = text_of(find(profile, "external_id"));
    plan.role.session_name = text_of(find(profile, "role_session_name"));
    // A duration that is not a number is ignored, as botocore does.
    if (const auto duration = find(profile, "duration_seconds"))
      plan.role.duration = text::whole_number(*duration);
    name_session(plan.role);
    const auto source_profile = find(profile, "source_profile");
    const auto source = find(profile, "credential_source");
    if (source && source_profile)
      return refuse("The " + in_profile(profile) +
                    " has both source_profile and credential_source: remove one of them.");
    if (!source && !source_profile)
      return refuse("The " + in_profile(profile) +
                    " has role_arn, but neither source_profile nor credential_source: say with "
                    "which credentials the role is assumed.");
    auto base =
        source ? named_source(profile, *source) : source_of(profile, std::string(*source_profile));
    if (!base) return base;
    if (find(profile, "mfa_serial"))
      return refuse(
          "The " + in_profile(profile) +
          " needs a code of an MFA device (mfa_serial), which nobody can type here: "
          "export credentials with 'eval \"$(aws configure export-credentials --profile " +
          text::printable(profile, 120) + " --format env)\"'.");
    std::string description = in_profile(profile) + ", role " +
                              text::printable(plan.role.role_arn, 200) + " assumed with " +
                              base->description;
    plan.base = std::make_unique<credential_plan>(std::move(*base));
    return credential_plan{std::move(plan), std::move(description)};
  }

  core::result<credential_plan> named_source(std::string_view profile, std::string_view source) {
    const auto none = [&](const std::string& reason) {
      return refuse("The " + in_profile(profile) +
                    " has credential_source = " + std::string(source) + ", but " + reason + ".");
    };
    if (source == "Environment")
      return none("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    if (source == "EcsContainer") {
      if (!in_.has_container)
        return none(
            "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI "
            "is set");
      return container();
    }
    if (source == "Ec2InstanceMetadata") {
      if (in_lambda(in_.env)) return none("a Lambda function has no instance metadata service");
      if (text::iequals(in_.env("AWS_EC2_METADATA_DISABLED").value_or(""), "true"))
        return none("AWS_EC2_METADATA_DISABLED switches it off");
      auto plan = plan_instance(in_.env, in_.files, profile_);
      if (!plan) return core::fail(std::move(plan.error()));
      return credential_plan{std::move(*plan), "instance metadata"};
    }
    return refuse("The " + in_profile(profile) +
                  " has credential_source = " + text::quoted(source) +
                  "; legal are Environment, EcsContainer and Ec2InstanceMetadata.");
  }

  core::result<credential_plan> source_of(const std::string& profile, const std::string& source) {
    if (!in_.files.has_profile(source))
      return refuse("The " + in_profile(profile) + " has source_profile = " + text::quoted(source) +
                    ", which is neither in the config nor in the "
                    "credentials file: check its name.");
    // A profile may name itself for keys that stand beside its role.
    if (std::ranges::find(visited_, source) != visited_.end() &&
        (source != profile || !has_keys(source))) {
      visited_.push_back(source);
      return refuse("The profiles assume roles in a circle: " + chain() +
                    ". Let the last one have credentials of its own.");
    }
    visited_.push_back(source);
    if (is_role_profile(source) && !has_keys(source)) return role_of(source);
    auto found = of_profile(source, false);
    if (!found) return core::fail(std::move(found.error()));
    if (!*found)
      return refuse("The source_profile " + text::quoted(source) + " of the " +
                    in_profile(profile) +
                    " has no credentials: give it keys, a credential_process, SSO or a role of "
                    "its own.");
    return std::move(**found);
  }

  std::string chain() const {
    std::string out;
    for (const std::string& profile : visited_)
      out += (out.empty() ? "" : " -> ") + text::printable(profile, 60);
    return out;
  }

  void name_session(role_settings& role) const {
    if (role.session_name.empty())
      role.session_name = default_session_name(in_.env("AWS_LAMBDA_FUNCTION_NAME").value_or(""));
  }

  const plan_input& in_;
  const std::string profile_;
  std::vector<std::string> visited_;
};

}  // namespace

core::result<credential_plan> plan_credentials(const plan_input& from) {
  return planner(from).plan();
}

}  // namespace lambda_cache::aws
