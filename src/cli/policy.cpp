#include "cli/policy.hpp"

#include "aws/arn.hpp"
#include "aws/endpoints.hpp"
#include "aws/text.hpp"
#include "cli/json_writer.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

namespace lambda_cache::cli {
namespace {

constexpr std::string_view referenced_secret = "/aws/reference/secretsmanager/";

/// What is allowed together, in the order of the policy.
struct grant {
  std::string_view sid;
  std::vector<std::string_view> actions;
  std::set<std::string> resources = {};
};

struct grants {
  grant parameters{"ReadParameters", {"ssm:GetParameter", "ssm:GetParameters"}};
  grant paths{"ReadParametersByPath", {"ssm:GetParametersByPath"}};
  grant secrets{"ReadSecrets", {"secretsmanager:GetSecretValue"}};
  grant batches{"ReadSecretsTogether", {"secretsmanager:BatchGetSecretValue"}};
  grant descriptions{"SeeRotations", {"secretsmanager:DescribeSecret"}};
  grant objects{"ReadObjects", {"s3:GetObject"}};
  grant versions{"ReadObjectVersions", {"s3:GetObjectVersion"}};
  grant roles{"AssumeRoles", {"sts:AssumeRole"}};
  grant keys{"DecryptValues", {"kms:Decrypt"}};

  [[nodiscard]] auto all() const {
    return std::array{&parameters, &paths,    &secrets, &batches, &descriptions,
                      &objects,    &versions, &roles,   &keys};
  }
};

/// '*', '?' and '$' have a meaning in a policy's resources.
std::string literally(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '$')
      out += std::string("${") + c + '}';
    else
      out.push_back(c);
  }
  return out;
}

class resource_names {
 public:
  resource_names(const wanted& of, const policy_scope& in) : of_(of), account_(in.account) {
    const std::string& role = of.spec.options.role.role_arn;
    // Names without an account are those of the role's.
    if (const auto parts = aws::split_arn(role)) account_ = parts->account;
    region_ = of.spec.options.region.value_or(of.spec.region);
    if (region_.empty()) region_ = in.region;
  }

  [[nodiscard]] bool lacks_region() const {
    return region_.empty() && of_.asked.kind != name_kind::object;
  }
  /// A parameter, or a path as it is written.
  [[nodiscard]] std::string parameter() const {
    if (of_.spec.base.starts_with("arn:")) return of_.spec.base;
    const bool rooted = of_.spec.base.starts_with('/');
    return begin("ssm") + "parameter" + (rooted ? "" : "/") + of_.spec.base;
  }
  [[nodiscard]] std::string secret(std::string_view id) const {
    if (!id.starts_with("arn:")) return begin("secretsmanager") + "secret:" + std::string(id) + any;
    return std::string(id) + (has_suffix(id) ? "" : any);
  }
  [[nodiscard]] std::string object() const {
    const std::string partition(aws::partition_of(region_));
    return "arn:" + partition + ":s3:::" + literally(std::string_view(of_.spec.locator).substr(5));
  }

 private:
  // What the service puts behind the name.
  static constexpr const char* any = "-??????";

  static bool has_suffix(std::string_view arn) {
    if (arn.size() < 7) return false;
    const std::string_view end = arn.substr(arn.size() - 7);
    return end.front() == '-' && std::ranges::all_of(end.substr(1), aws::text::is_alnum);
  }
  [[nodiscard]] std::string begin(std::string_view service) const {
    return "arn:" + std::string(aws::partition_of(region_)) + ':' + std::string(service) + ':' +
           region_ + ':' + account_ + ':';
  }

  const wanted& of_;
  std::string account_;
  std::string region_;
};

/// Whether it may be read in one call with others.
bool goes_with_others(const wanted& secret) {
  return secret.spec.selector.empty();
}

void add(grants& to, const wanted& one, const resource_names& names) {
  switch (one.asked.kind) {
    case name_kind::parameter:
      to.parameters.resources.insert(names.parameter());
      if (one.spec.base.starts_with(referenced_secret))
        to.secrets.resources.insert(
            names.secret(std::string_view(one.spec.base).substr(referenced_secret.size())));
      break;
    case name_kind::path:
      to.paths.resources.insert(names.parameter());
      break;
    case name_kind::secret:
      to.secrets.resources.insert(names.secret(one.spec.base));
      if (one.spec.options.rotation_aware)
        to.descriptions.resources.insert(names.secret(one.spec.base));
      break;
    case name_kind::object:
      (one.spec.pinned ? to.versions : to.objects).resources.insert(names.object());
      break;
  }
}

void write(json_writer& out, const grant& what) {
  if (what.resources.empty()) return;
  out.begin_object().key("Sid").text(what.sid).key("Effect").text("Allow");
  out.key("Action").begin_list();
  for (const std::string_view each : what.actions)
    out.text(each);
  out.end_list().key("Resource").begin_list();
  for (const std::string& each : what.resources)
    out.text(each);
  out.end_list().end_object();
}

}  // namespace

std::vector<std::string> assumed_roles(std::span<const wanted> all) {
  std::set<std::string> roles;
  for (const wanted& each : all)
    if (each.spec.options.role) roles.insert(each.spec.options.role.role_arn);
  return {roles.begin(), roles.end()};
}

core::result<core::secret_bytes> make_policy(std::span<const wanted> all, const policy_scope& in,
                                             const std::string& for_role) {
  grants needed;
  std::size_t together = 0;
  for (const wanted& each : all) {
    if (each.spec.options.role.role_arn != for_role) continue;
    const resource_names names(each, in);
    if (names.lacks_region())
      return core::fail(core::make_error(
          error_kind::invalid_argument,
          "No region for " + each.asked.given + ": set AWS_REGION, or give --region."));
    add(needed, each, names);
    if (each.asked.kind == name_kind::secret && goes_with_others(each)) ++together;
  }
  // The service knows no resource of this operation, which reads what GetSecretValue allows.
  if (together > 1) needed.batches.resources.insert("*");
  if (for_role.empty())
    for (const std::string& role : assumed_roles(all))
      needed.roles.resources.insert(role);
  needed.keys.resources.insert(in.kms_keys.begin(), in.kms_keys.end());

  json_writer out(true);
  out.begin_object().key("Version").text("2012-10-17").key("Statement").begin_list();
  for (const grant* each : needed.all())
    write(out, *each);
  out.end_list().end_object();
  out.bytes().push_back('\n');
  return std::move(out.bytes());
}

}  // namespace lambda_cache::cli
