#include "net/request_text.hpp"

#include <algorithm>
#include <string.h>

namespace lambda_cache::net {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool same_name(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

std::string host_value(const origin& to) {
  std::string value = describe(to);
  if (to.port == (to.tls ? 443 : 80)) value.resize(value.rfind(':'));
  return value;
}

}  // namespace

core::result<core::secret_bytes> write_request(http_request& request, const proxy* through) {
  if (request.to.tls) through = nullptr;
  const auto refuse = [](const std::string& what) {
    return core::fail(
        core::make_error(error_kind::invalid_argument, "HTTP request refused: " + what +
                                                           " has characters that are "
                                                           "not allowed there"));
  };
  if (!is_token(request.method)) return refuse("the method");
  if (!is_target(request.target)) return refuse("the target");
  if (request.to.host.empty() || !is_field_value(request.to.host)) return refuse("the host");

  bool has_host = false;
  bool has_length = false;
  std::size_t size = request.method.size() + request.target.size() + request.body.size() + 64;
  for (const auto& one : request.headers) {
    if (!is_token(one.name)) return refuse("a header's name");
    if (!is_field_value(one.value)) return refuse("the header " + one.name);
    has_host = has_host || same_name(one.name, "host");
    has_length = has_length || same_name(one.name, "content-length");
    size += one.name.size() + one.value.size() + 4;
  }

  core::secret_bytes text;
  if (through != nullptr) size += request.to.host.size() + through->authorization.size() + 64;
  text.reserve(size + request.to.host.size() + 32);
  const auto add = [&text](std::string_view part) {
    text.insert(text.end(), part.begin(), part.end());
  };
  add(request.method);
  add(" ");
  if (through != nullptr) {
    add("http://");
    add(host_value(request.to));
  }
  add(request.target);
  add(" HTTP/1.1\r\n");
  if (!has_host) {
    add("Host: ");
    add(host_value(request.to));
    add("\r\n");
  }
  if (through != nullptr && !through->authorization.empty()) {
    add("Proxy-Authorization: ");
    add({through->authorization.data(), through->authorization.size()});
    add("\r\n");
  }
  for (auto& one : request.headers) {
    add(one.name);
    add(": ");
    add(one.value);
    add("\r\n");
    ::explicit_bzero(one.value.data(), one.value.size());
  }
  if (!has_length && (!request.body.empty() || request.method != "GET")) {
    add("Content-Length: ");
    add(std::to_string(request.body.size()));
    add("\r\n");
  }
  add("\r\n");
  add({request.body.data(), request.body.size()});
  return text;
}

}  // namespace lambda_cache::net
