#include "agent/request.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace lambda_cache::agent {
namespace {

std::string_view reason_of(int status) {
  static constexpr std::pair<int, std::string_view> all[] = {
      {200, "OK"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  const auto* const found =
      std::ranges::find(all, status, &std::pair<int, std::string_view>::first);
  return found == std::end(all) ? std::string_view("Error") : found->second;
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string_view text_of(value_origin from) {
  switch (from) {
    case value_origin::hit:
      return "HIT";
    case value_origin::miss:
      return "MISS";
    case value_origin::stale:
      return "STALE";
    case value_origin::none:
      break;
  }
  return {};
}

}  // namespace

std::optional<std::string_view> request_view::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(
      headers, [&](const header& each) { return aws::text::iequals(each.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

response text_response(int status, std::string_view text) {
  response made;
  made.status = status;
  made.body.assign(text.begin(), text.end());
  return made;
}

std::string head_of(const response& answer, std::size_t body_bytes, bool keep_alive) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  head.append(reason_of(answer.status)).append("\r\n");
  // RFC 9110 §8.6: a 304 has no body, and its length would be that of the value.
  if (answer.status != 304) add(head, "Content-Length", std::to_string(body_bytes));
  // What AWS's products give no type is no page either, whatever a client wrote into it.
  if (!answer.content_type.empty())
    add(head, "Content-Type", answer.content_type);
  else if (body_bytes != 0)
    add(head, "X-Content-Type-Options", "nosniff");
  if (!answer.etag.empty()) add(head, "ETag", answer.etag);
  if (answer.from != value_origin::none) {
    add(head, "Age", std::to_string(answer.age / core::second));
    add(head, "X-Cache", text_of(answer.from));
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%lld.%03lld",
                  static_cast<long long>(answer.age / core::second),
                  static_cast<long long>(answer.age % core::second / core::millisecond));
    add(head, "X-Cache-Age", seconds.data());
  }
  if (answer.status == 405) add(head, "Allow", "GET");
  if (!answer.challenge.empty()) add(head, "WWW-Authenticate", answer.challenge);
  if (!answer.policy.empty()) {
    add(head, "Content-Security-Policy", answer.policy);
    add(head, "X-Content-Type-Options", "nosniff");
    add(head, "Cache-Control", "no-store");
  }
  add(head, "Connection", keep_alive ? "keep-alive" : "close");
  head.append("\r\n");
  return head;
}

}  // namespace lambda_cache::agent
