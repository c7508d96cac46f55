#include "support/fake_ssm.hpp"

namespace lambda_cache::test {
namespace {

std::string without_selector(const std::string& name) {
  const auto colon = name.rfind(':');
  if (name.starts_with("arn:") || colon == std::string::npos) return name;
  return name.substr(0, colon);
}

}  // namespace

fake_ssm::fake_ssm() : fake_service("AmazonSSM.", "Name", "Names") {}

void fake_ssm::put(const std::string& name, const std::string& value, const std::string& type) {
  const std::lock_guard lock(mutex_);
  stored& at = parameters_[name];
  at = {value, type, at.version + 1};
}

void fake_ssm::page_size(std::size_t parameters) {
  const std::lock_guard lock(mutex_);
  page_size_ = parameters;
}

fake_ssm::reply fake_ssm::answer(const call& asked) {
  for (const std::string& name : asked.names)
    if (is_denied(without_selector(name)) || is_denied(asked.operation))
      return {400,
              error_body("AccessDeniedException", "User is not authorized to perform: ssm:" +
                                                      asked.operation + " on resource " + name),
              {}};
  if (asked.operation == "GetParameter") {
    const std::string& name = asked.names.at(0);
    if (!parameters_.contains(without_selector(name)))
      return {400, error_body("ParameterNotFound", "Parameter not found."), {}};
    return {200, "{\"Parameter\":" + parameter_json(name) + "}", {}};
  }
  if (asked.operation == "GetParametersByPath") return answer_by_path(asked);
  std::string found;
  std::string invalid;
  for (const std::string& name : asked.names) {
    const bool there = parameters_.contains(without_selector(name));
    std::string& to = there ? found : invalid;
    if (!to.empty()) to += ',';
    to += there ? parameter_json(name) : '"' + name + '"';
  }
  return {200, "{\"Parameters\":[" + found + "],\"InvalidParameters\":[" + invalid + "]}", {}};
}

fake_ssm::reply fake_ssm::answer_by_path(const call& asked) const {
  std::string path = asked.names.at(0);
  if (!path.ends_with('/')) path += '/';
  const bool recursive = asked.body.find("\"Recursive\":true") != std::string::npos;
  const std::size_t from = asked.token.empty() ? 0 : std::stoul(asked.token);
  std::size_t place = 0;
  std::string found;
  std::string next;
  for (const auto& [name, at] : parameters_) {
    if (!name.starts_with(path)) continue;
    if (!recursive && name.find('/', path.size()) != std::string::npos) continue;
    if (place++ < from) continue;
    if (place > from + page_size_) {
      next = ",\"NextToken\":\"" + std::to_string(from + page_size_) + '"';
      break;
    }
    found += (found.empty() ? "" : ",") + parameter_json(name);
  }
  return {200, "{\"Parameters\":[" + found + "]" + next + "}", {}};
}

std::string fake_ssm::parameter_json(const std::string& asked) const {
  const std::string name = without_selector(asked);
  const stored& at = parameters_.at(name);
  std::string out = R"({"Name":")" + name + R"(","Type":")" + at.type + R"(","Value":)" +
                    json_string(at.value) + R"(,"Version":)" + std::to_string(at.version) +
                    R"(,"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter)" + name + '"';
  if (asked != name) out += R"(,"Selector":")" + asked.substr(name.size()) + '"';
  return out + '}';
}

}  // namespace lambda_cache::test
