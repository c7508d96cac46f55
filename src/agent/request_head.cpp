#include "agent/request_head.hpp"

#include <cstdint>

namespace lambda_cache::agent {
namespace {

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

void set_limits(request_parser& parser, std::size_t max_header_bytes) {
  parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  parser.body_limit(boost::none);  // it is not read
}

request_head head_of(const request_parser& parsed, std::vector<header>& headers) {
  const auto& message = parsed.get();
  headers.clear();
  for (const auto& field : message)
    headers.push_back({view(field.name_string()), view(field.value())});
  request_head out;
  out.request.method = view(message.method_string());
  out.request.target = view(message.target());
  out.request.headers = headers;
  out.request.is_http_1_0 = message.version() < 11;
  out.is_head = message.method() == boost::beast::http::verb::head;
  out.has_body = out.request.has("Transfer-Encoding") || parsed.content_length().value_or(0) != 0;
  out.keep_alive = message.keep_alive() && !out.has_body;
  return out;
}

}  // namespace lambda_cache::agent
