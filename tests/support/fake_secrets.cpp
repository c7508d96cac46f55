#include "support/fake_secrets.hpp"

#include <algorithm>

namespace lambda_cache::test {

fake_secrets::fake_secrets() : fake_service("secretsmanager.", "SecretId", "SecretIdList") {}

std::string fake_secrets::put(const std::string& name, const std::string& value) {
  return add(name, R"("SecretString":)" + json_string(value));
}

std::string fake_secrets::put_binary(const std::string& name, const std::string& base64) {
  return add(name, R"("SecretBinary":)" + json_string(base64));
}

void fake_secrets::rotates_at(const std::string& name, std::int64_t when) {
  const std::lock_guard lock(mutex_);
  next_rotations_[name] = when;
}

void fake_secrets::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  removed_.insert(name);
}

std::string fake_secrets::describe(const std::string& name) const {
  const versions& all = secrets_.at(name);
  std::string stages;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t behind = all.size() - 1 - i;
    if (behind > 1) continue;  // what has no stage is not told
    stages += (stages.empty() ? "" : ",") + json_string(all[i].id) + ":[" +
              (behind == 0 ? R"("AWSCURRENT")" : R"("AWSPREVIOUS")") + "]";
  }
  std::string out = R"({"Name":)" + json_string(name) + R"(,"ARN":)" + json_string(arn_of(name)) +
                    R"(,"VersionIdsToStages":{)" + stages + "}";
  if (const auto next = next_rotations_.find(name); next != next_rotations_.end())
    out += R"(,"RotationEnabled":true,"NextRotationDate":)" + std::to_string(next->second);
  if (removed_.contains(name)) out += R"(,"DeletedDate":1.7E9)";
  return out + "}";
}

void fake_secrets::page(std::size_t size) {
  const std::lock_guard lock(mutex_);
  page_ = size;
}

std::string fake_secrets::add(const std::string& name, const std::string& member) {
  const std::lock_guard lock(mutex_);
  versions& all = secrets_[name];
  const std::string number = std::to_string(all.size() + 1);
  all.push_back(
      {"00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number, member});
  return all.back().id;
}

std::string fake_secrets::name_of(const std::string& id) const {
  for (const auto& [name, all] : secrets_) {
    const std::string arn = arn_of(name);
    if (id == name || id == arn || id == arn.substr(0, arn.size() - 7)) return name;
  }
  return {};
}

std::string fake_secrets::json_of(const std::string& name, const stored& version) {
  return R"({"Name":)" + json_string(name) + R"(,"ARN":)" + json_string(arn_of(name)) +
         R"(,"VersionId":)" + json_string(version.id) + R"(,"CreatedDate":1.7E9,)" +
         version.member + "}";
}

fake_secrets::reply fake_secrets::answer(const call& asked) {
  if (is_denied(asked.operation))
    return {400,
            error_body("AccessDeniedException",
                       "User is not authorized to perform: secretsmanager:" + asked.operation),
            {}};
  if (asked.operation == "BatchGetSecretValue") return answer_batch(asked);
  const std::string& id = asked.names.at(0);
  const std::string name = name_of(id);
  if (is_denied(id))
    return {400,
            error_body("AccessDeniedException",
                       "User is not authorized to perform: secretsmanager:GetSecretValue on " + id),
            {}};
  const reply missing{
      400, error_body("ResourceNotFoundException", "Secrets Manager can't find the secret."), {}};
  if (name.empty()) return missing;
  if (asked.operation == "DescribeSecret") return {200, describe(name), {}};
  if (removed_.contains(name))
    return {400, error_body("InvalidRequestException", "The secret is marked for deletion."), {}};
  const versions& all = secrets_.at(name);
  if (!asked.version_id.empty()) {
    const auto found = std::ranges::find(all, asked.version_id, &stored::id);
    return found == all.end() ? missing : reply{200, json_of(name, *found), {}};
  }
  const std::size_t back = asked.version_stage == "AWSPREVIOUS" ? 2 : 1;
  if (all.size() < back || (!asked.version_stage.empty() && asked.version_stage != "AWSPREVIOUS"))
    return missing;
  return {200, json_of(name, all[all.size() - back]), {}};
}

fake_secrets::reply fake_secrets::answer_batch(const call& asked) const {
  std::string found;
  std::string refused;
  std::size_t answered = 0;
  for (const std::string& id : asked.names) {
    if (answered++ == page_) break;
    const std::string name = name_of(id);
    if (is_denied(id) || name.empty()) {
      refused += (refused.empty() ? "" : ",") + std::string(R"({"SecretId":)") + json_string(id) +
                 (is_denied(id) ? R"(,"ErrorCode":"AccessDeniedException","Message":"no"})"
                                : R"(,"ErrorCode":"ResourceNotFoundException","Message":"none"})");
    } else {
      found += (found.empty() ? "" : ",") + json_of(name, secrets_.at(name).back());
    }
  }
  return {200,
          R"({"SecretValues":[)" + found + R"(],"Errors":[)" + refused + "]" +
              (answered > page_ ? R"(,"NextToken":"more")" : "") + "}",
          {}};
}

}  // namespace lambda_cache::test
