#include "lambda/runtime_api.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace lambda_cache::lambda {
namespace {

constexpr std::string_view version = "/2018-06-01/runtime";
constexpr std::string_view user_agent = "lambda-cache-cpp/" LAMBDA_CACHE_VERSION;

std::string path(std::initializer_list<std::string_view> parts) {
  std::string joined(version);
  for (const auto part : parts)
    joined += part;
  return joined;
}

net::http_request make_request(const net::origin& api, std::string method, std::string target) {
  net::http_request made;
  made.method = std::move(method);
  made.to = api;
  made.target = std::move(target);
  made.headers.push_back({"User-Agent", std::string(user_agent)});
  // Sent twice it is refused the second time; not sent at all an invocation would be lost.
  made.idempotent = true;
  return made;
}

void set_body(net::http_request& of, const response& answer) {
  of.headers.push_back({"Content-Type", answer.content_type()});
  of.body.assign(answer.payload().begin(), answer.payload().end());
}

/// Texts of exceptions end up in headers: nothing may end the line there.
std::string header_text(std::string_view text) {
  std::string safe(text.substr(0, 256));
  for (char& each : safe) {
    if (each < ' ' || each > '~') each = '?';
  }
  return safe;
}

void append_json_string(std::string& to, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  to += '"';
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      to += '\\';
      to += each;
    } else if (byte < 0x20) {
      to += "\\u00";
      to += digits[byte >> 4];
      to += digits[byte & 0xf];
    } else {
      to += each;
    }
  }
  to += '"';
}

template <class Number>
bool parse_number(std::string_view text, Number& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  return failed == std::errc() && end == text.data() + text.size();
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

core::result<net::origin> parse_runtime_api(std::string_view address) {
  net::origin api;
  api.tls = false;
  api.port = 80;
  std::string_view host = address;
  const auto colon = address.rfind(':');
  bool is_good = true;
  if (colon != std::string_view::npos && address.find(']', colon) == std::string_view::npos) {
    host = address.substr(0, colon);
    is_good = parse_number(address.substr(colon + 1), api.port) && api.port != 0;
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!is_good || host.empty() || !is_visible(host) ||
      host.find_first_of("/@") != std::string_view::npos) {
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "AWS_LAMBDA_RUNTIME_API is not host:port, as Lambda sets it"));
  }
  api.host = host;
  return api;
}

net::http_request next_request(const net::origin& api) {
  return make_request(api, "GET", path({"/invocation/next"}));
}

net::http_request answer_request(const net::origin& api, std::string_view request_id,
                                 const response& answer) {
  auto made = make_request(
      api, "POST",
      path({"/invocation/", request_id, answer.is_success() ? "/response" : "/error"}));
  set_body(made, answer);
  if (!answer.is_success())
    made.headers.push_back(
        {"Lambda-Runtime-Function-Error-Type", header_text(answer.error_type())});
  return made;
}

net::http_request init_error_request(const net::origin& api, const response& failure) {
  auto made = make_request(api, "POST", path({"/init/error"}));
  set_body(made, failure);
  made.headers.push_back({"Lambda-Runtime-Function-Error-Type", header_text(failure.error_type())});
  return made;
}

core::result<request> parse_next(const net::http_response& answer) {
  request parsed;
  parsed.request_id = answer.find("Lambda-Runtime-Aws-Request-Id");
  // It becomes part of a path.
  if (parsed.request_id.empty() || !is_visible(parsed.request_id) ||
      parsed.request_id.find_first_of("/?#") != std::string::npos) {
    return core::fail(core::make_error(error_kind::protocol,
                                       "the Runtime API sent an invocation without a request id"));
  }
  parsed.payload.assign(answer.body.data(), answer.body.size());
  parsed.function_arn = answer.find("Lambda-Runtime-Invoked-Function-Arn");
  parsed.trace_id = answer.find("Lambda-Runtime-Trace-Id");
  parsed.client_context = answer.find("Lambda-Runtime-Client-Context");
  parsed.cognito_identity = answer.find("Lambda-Runtime-Cognito-Identity");
  std::int64_t deadline = 0;
  // Later than the year 10000 would overflow the clock's nanoseconds.
  if (parse_number(answer.find("Lambda-Runtime-Deadline-Ms"), deadline) && deadline > 0 &&
      deadline < std::int64_t{9'000'000'000'000}) {
    parsed.deadline = std::chrono::system_clock::time_point(std::chrono::milliseconds(deadline));
  }
  return parsed;
}

std::string error_document(std::string_view message, std::string_view type) {
  std::string json = R"({"errorMessage":)";
  append_json_string(json, message);
  json += R"(,"errorType":)";
  append_json_string(json, type);
  json += R"(,"stackTrace":[]})";
  return json;
}

}  // namespace lambda_cache::lambda
