#include "aws/secrets_codec.hpp"

#include "aws/base64.hpp"
#include "aws/json.hpp"
#include "aws/json_text.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace lambda_cache::aws {
namespace {

std::unexpected<error_info> refuse(std::string_view operation, std::string_view reason) {
  std::string message = "The answer of secretsmanager:";
  message.append(operation).append(" was not understood: ").append(reason).append(".");
  error_info info = core::make_error(error_kind::protocol, std::move(message));
  info.service = "secretsmanager";
  info.operation = operation;
  return core::fail(std::move(info));
}

/// What has the wrong form here is left out: the value is worth more than what is told about it.
std::shared_ptr<const core::value_details> read_details(const boost::json::object& from,
                                                        const secret& of) {
  const auto made = std::make_shared<core::value_details>();
  made->name = of.name;
  if (const boost::json::value* created = find_member(from, "CreatedDate"))
    made->changed_at = to_unix_milliseconds(*created);
  const boost::json::value* stages = find_member(from, "VersionStages");
  if (stages != nullptr && stages->is_array())
    for (const boost::json::value& stage : stages->get_array())
      if (const boost::json::string* name = stage.if_string())
        made->stages.emplace_back(name->data(), name->size());
  return made;
}

/// Why the object is no secret with a value; empty if it was read.
std::string_view read_secret(const boost::json::object& from, secret& out) {
  const auto name = find_text(from, "Name");
  if (!name) return "a secret without a Name";
  out.name = *name;
  out.value.arn = find_text(from, "ARN").value_or("");
  out.value.version_id = find_text(from, "VersionId").value_or("");
  out.value.details = read_details(from, out);
  if (find_member(from, "SecretString") != nullptr) {
    const auto text = find_text(from, "SecretString");
    if (!text) return "a SecretString that is no text";
    out.value.kind = core::value_kind::text;
    out.value.type = "SecretString";
    out.value.content.assign(text->begin(), text->end());
    return {};
  }
  const auto encoded = find_text(from, "SecretBinary");
  if (!encoded) return "a secret with neither SecretString nor SecretBinary";
  auto bytes = decode_base64(*encoded);
  if (!bytes) return "a SecretBinary that is not base64";
  out.value.kind = core::value_kind::bytes;
  out.value.type = "SecretBinary";
  out.value.content = std::move(*bytes);
  return {};
}

/// The array member's objects; false if it is there and something else.
template <class Read>
bool each_object(const boost::json::object& from, std::string_view name, Read read) {
  const boost::json::value* member = find_member(from, name);
  if (member == nullptr) return true;
  const boost::json::array* list = member->if_array();
  return list != nullptr && std::ranges::all_of(*list, [&](const boost::json::value& entry) {
           return entry.is_object() && read(entry.get_object());
         });
}

}  // namespace

core::secret_bytes encode_get_secret_value(const secret_version& which) {
  core::secret_bytes out;
  append(out, "{\"SecretId\":");
  append_json_string(out, which.id);
  if (!which.version_id.empty()) {
    append(out, ",\"VersionId\":");
    append_json_string(out, which.version_id);
  }
  if (!which.version_stage.empty()) {
    append(out, ",\"VersionStage\":");
    append_json_string(out, which.version_stage);
  }
  out.push_back('}');
  return out;
}

core::secret_bytes encode_batch_get_secret_value(std::span<const std::string_view> ids) {
  core::secret_bytes out;
  append(out, "{\"SecretIdList\":[");
  for (bool first = true; const std::string_view id : ids) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, id);
  }
  append(out, "]}");
  return out;
}

core::secret_bytes encode_describe_secret(std::string_view id) {
  return encode_get_secret_value({.id = id, .version_id = {}, .version_stage = {}});
}

core::result<secret> decode_get_secret_value(std::string_view body) {
  constexpr std::string_view operation = "GetSecretValue";
  const json_document document(body);
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  secret out;
  const std::string_view defect = read_secret(*document.object(), out);
  if (!defect.empty()) return refuse(operation, defect);
  return out;
}

core::result<secrets> decode_batch_get_secret_value(std::string_view body) {
  constexpr std::string_view operation = "BatchGetSecretValue";
  const json_document document(body);
  const boost::json::object* root = document.object();
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  if (find_member(*root, "SecretValues") == nullptr && find_member(*root, "Errors") == nullptr)
    return refuse(operation, "it has neither SecretValues nor Errors");

  secrets out;
  std::string_view defect;
  const bool values_fit = each_object(*root, "SecretValues", [&](const boost::json::object& entry) {
    defect = read_secret(entry, out.found.emplace_back());
    return defect.empty();
  });
  if (!values_fit) return refuse(operation, defect.empty() ? "its SecretValues are none" : defect);
  const bool errors_fit = each_object(*root, "Errors", [&](const boost::json::object& entry) {
    const auto id = find_text(entry, "SecretId");
    const auto code = find_text(entry, "ErrorCode");
    if (!id || !code) return false;
    out.refused.push_back({std::string(*id), std::string(*code),
                           std::string(find_text(entry, "Message").value_or(""))});
    return true;
  });
  if (!errors_fit) return refuse(operation, "an error without SecretId or ErrorCode");
  return out;
}

core::result<secret_description> decode_describe_secret(std::string_view body) {
  constexpr std::string_view operation = "DescribeSecret";
  const json_document document(body);
  const boost::json::object* root = document.object();
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  secret_description out;
  if (const boost::json::value* versions = find_member(*root, "VersionIdsToStages")) {
    if (!versions->is_object()) return refuse(operation, "VersionIdsToStages is no object");
    for (const auto& [version, stages] : versions->get_object()) {
      if (!stages.is_array()) return refuse(operation, "the stages of a version are no list");
      for (const boost::json::value& stage : stages.get_array()) {
        const boost::json::string* name = stage.if_string();
        if (name == nullptr) return refuse(operation, "a stage that is no text");
        out.stages.emplace_back(std::string(name->data(), name->size()),
                                std::string(version.data(), version.size()));
      }
    }
  }
  if (const boost::json::value* next = find_member(*root, "NextRotationDate")) {
    const auto when = to_unix_milliseconds(*next);
    if (!when && !to_integer(*next)) return refuse(operation, "a NextRotationDate that is no time");
    // A moment that no calendar has says nothing.
    if (when)
      out.next_rotation =
          std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(*when)).count();
  }
  const boost::json::value* deleted = find_member(*root, "DeletedDate");
  out.is_deleted = deleted != nullptr && !deleted->is_null();
  return out;
}

std::string_view secret_description::version_of(std::string_view stage) const noexcept {
  const auto found = std::ranges::find(stages, stage, [](const auto& at) { return at.first; });
  return found == stages.end() ? std::string_view() : std::string_view(found->second);
}

bool answers(const secret& found, std::string_view id) noexcept {
  if (found.name == id || found.value.arn == id) return true;
  constexpr std::size_t suffix = 7;  // "-AbCdEf"
  const std::string_view arn = found.value.arn;
  return id.starts_with("arn:") && arn.size() == id.size() + suffix && arn.starts_with(id) &&
         arn[id.size()] == '-';
}

}  // namespace lambda_cache::aws
