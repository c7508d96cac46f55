#include "support/fake_service.hpp"

#include <algorithm>
#include <cctype>
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

std::string string_after(const std::string& body, const std::string& member) {
  const auto found = strings_after(body, member);
  return found.empty() ? std::string() : found.front();
}

}  // namespace

std::string error_body(std::string_view code, std::string_view message) {
  return R"({"__type":")" + std::string(code) + R"(","message":")" + std::string(message) + R"("})";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

fake_service::fake_service(std::string target, std::string one, std::string several)
    : target_(std::move(target)), one_(std::move(one)), several_(std::move(several)) {
  server_.emplace([this](peer& client) { serve(client); });
}

void fake_service::deny(const std::string& name_or_operation) {
  const std::lock_guard lock(mutex_);
  denied_.insert(name_or_operation);
}

void fake_service::allow(const std::string& name_or_operation) {
  const std::lock_guard lock(mutex_);
  denied_.erase(name_or_operation);
}

void fake_service::intercept(std::function<reply(const call&)> with) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(with);
}

void fake_service::answer_normally() {
  intercept(nullptr);
}

std::string fake_service::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

std::vector<fake_service::call> fake_service::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t fake_service::calls_of(std::string_view operation) const {
  const auto all = calls();
  return static_cast<std::size_t>(
      std::ranges::count(all, operation, [](const call& each) { return each.operation; }));
}

fake_service::call fake_service::read(const std::string& request) const {
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  call asked;
  asked.operation = header_of(request, "x-amz-target").substr(target_.size());
  asked.names = strings_after(body, several_);
  if (asked.names.empty()) asked.names = strings_after(body, one_);
  if (asked.names.empty()) asked.names = strings_after(body, "Path");
  asked.token = string_after(body, "NextToken");
  asked.body = body;
  asked.decrypt = body.find("\"WithDecryption\":true") != std::string::npos;
  asked.version_id = string_after(body, "VersionId");
  asked.version_stage = string_after(body, "VersionStage");
  asked.amz_date = header_of(request, "x-amz-date");
  // Credential=KEY/20260101/region/ssm/aws4_request
  const std::string authorization = header_of(request, "authorization");
  const auto scope = authorization.find("Credential=") + sizeof("Credential=") - 1;
  asked.key_id = authorization.substr(scope, authorization.find('/', scope) - scope);
  const auto date = authorization.find('/', scope) + 1;
  const auto region = authorization.find('/', date) + 1;
  asked.region = authorization.substr(region, authorization.find('/', region) - region);
  return asked;
}

void fake_service::serve(peer& client) {
  for (;;) {
    const call asked = read(client.read_request());
    std::function<reply(const call&)> before;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(asked);
      before = intercept_;
    }
    reply out;
    if (before) out = before(asked);
    if (out.body.empty()) {
      const std::lock_guard lock(mutex_);
      out = answer(asked);
    }
    client.answer(out.status, out.body, out.headers);
  }
}

}  // namespace lambda_cache::test
