#include "support/fake_ssm.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::test {
namespace {

std::string header_of(const std::string& request, std::string_view name) {
  std::string lower;
  std::transform(request.begin(), request.begin() + static_cast<long>(request.find("\r\n\r\n")),
                 std::back_inserter(lower), [](unsigned char c) { return std::tolower(c); });
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  auto from = at + 2 + name.size() + 1;
  while (request[from] == ' ')
    ++from;
  return request.substr(from, request.find("\r\n", from) - from);
}

/// The strings of a JSON array or the string of a member, for names without escapes.
std::vector<std::string> strings_after(const std::string& body, const std::string& member) {
  std::vector<std::string> out;
  auto at = body.find('"' + member + '"');
  if (at == std::string::npos) return out;
  at = body.find(':', at);
  const bool several = body.find('[', at) < body.find('"', at);
  const auto end = several ? body.find(']', at) : body.size();
  while ((at = body.find('"', at)) < end && at != std::string::npos) {
    const auto close = body.find('"', at + 1);
    out.push_back(body.substr(at + 1, close - at - 1));
    at = close + 1;
    if (!several) break;
  }
  return out;
}

std::string without_selector(const std::string& name) {
  const auto colon = name.rfind(':');
  if (name.starts_with("arn:") || colon == std::string::npos) return name;
  return name.substr(0, colon);
}

}  // namespace

std::string error_body(std::string_view code, std::string_view message) {
  return R"({"__type":")" + std::string(code) + R"(","message":")" + std::string(message) + R"("})";
}

fake_ssm::fake_ssm() : server_([this](peer& client) { serve(client); }) {}

void fake_ssm::put(const std::string& name, const std::string& value, const std::string& type) {
  const std::lock_guard lock(mutex_);
  stored& at = parameters_[name];
  at = {value, type, at.version + 1};
}

void fake_ssm::deny(const std::string& name_or_operation) {
  const std::lock_guard lock(mutex_);
  denied_.insert(name_or_operation);
}

void fake_ssm::allow(const std::string& name_or_operation) {
  const std::lock_guard lock(mutex_);
  denied_.erase(name_or_operation);
}

void fake_ssm::page_size(std::size_t parameters) {
  const std::lock_guard lock(mutex_);
  page_size_ = parameters;
}

void fake_ssm::intercept(std::function<reply(const call&)> with) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(with);
}

void fake_ssm::answer_normally() {
  intercept(nullptr);
}

std::string fake_ssm::url() const {
  return "http://127.0.0.1:" + std::to_string(server_.port());
}

std::vector<fake_ssm::call> fake_ssm::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void fake_ssm::serve(peer& client) {
  for (;;) {
    const std::string request = client.read_request();
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    call asked;
    asked.operation = header_of(request, "x-amz-target").substr(sizeof("AmazonSSM.") - 1);
    const std::string member = asked.operation == "GetParameters"         ? "Names"
                               : asked.operation == "GetParametersByPath" ? "Path"
                                                                          : "Name";
    asked.names = strings_after(body, member);
    for (const std::string& token : strings_after(body, "NextToken"))
      asked.token = token;
    asked.body = body;
    asked.decrypt = body.find("\"WithDecryption\":true") != std::string::npos;
    asked.amz_date = header_of(request, "x-amz-date");
    // Credential=KEY/20260101/region/ssm/aws4_request
    const std::string authorization = header_of(request, "authorization");
    const auto scope = authorization.find("Credential=") + sizeof("Credential=") - 1;
    asked.key_id = authorization.substr(scope, authorization.find('/', scope) - scope);
    const auto date = authorization.find('/', scope) + 1;
    const auto region = authorization.find('/', date) + 1;
    asked.region = authorization.substr(region, authorization.find('/', region) - region);

    std::function<reply(const call&)> before;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(asked);
      before = intercept_;
    }
    reply out;
    if (before) out = before(asked);
    if (out.body.empty()) out = answer(asked);
    client.answer(out.status, out.body, out.headers);
  }
}

fake_ssm::reply fake_ssm::answer(const call& asked) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : asked.names)
    if (denied_.contains(without_selector(name)) || denied_.contains(asked.operation))
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
  std::string out = R"({"Name":")" + name + R"(","Type":")" + at.type + R"(","Value":")" +
                    at.value + R"(","Version":)" + std::to_string(at.version) +
                    R"(,"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter)" + name + '"';
  if (asked != name) out += R"(,"Selector":")" + asked.substr(name.size()) + '"';
  return out + '}';
}

}  // namespace lambda_cache::test
