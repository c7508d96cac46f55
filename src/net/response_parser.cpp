#include "net/response_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace lambda_cache::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// Beast's grammar, our containers: Beast's own would keep secrets in ordinary memory.
class message_parser final : public http::basic_parser<false> {
 public:
  message_parser(std::size_t max_header_bytes, std::size_t max_body_bytes) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(max_header_bytes, std::numeric_limits<std::uint32_t>::max())));
    body_limit(max_body_bytes);
  }

  http_response response;

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    response.status = status;
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    response.headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // The parser has checked the length against the limit.
    if (length) response.body.reserve(static_cast<std::size_t>(*length));
  }
  std::size_t on_body_impl(string_view text, error_code&) override {
    response.body.insert(response.body.end(), text.begin(), text.end());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view text, error_code&) override {
    response.body.insert(response.body.end(), text.begin(), text.end());
    return text.size();
  }
  void on_finish_impl(error_code&) override {}
};

// Interim answers (1xx) come before the answer; a server that sends nothing else is broken.
constexpr int max_interim = 16;

}  // namespace

struct response_parser::machine {
  machine(std::size_t header_bytes, std::size_t body_bytes)
      : max_header_bytes(header_bytes),
        max_body_bytes(body_bytes),
        parser(header_bytes, body_bytes) {}

  std::size_t max_header_bytes;
  std::size_t max_body_bytes;
  message_parser parser;
  int interim = 0;
};

response_parser::response_parser(const http_limits& limits)
    : machine_(std::make_unique<machine>(limits.max_header_bytes, limits.max_body_bytes)) {}
response_parser::~response_parser() = default;
response_parser::response_parser(response_parser&&) noexcept = default;
response_parser& response_parser::operator=(response_parser&&) noexcept = default;

core::result<std::size_t> response_parser::put(std::string_view bytes) {
  const auto broken = [](std::string message) {
    return core::fail(core::make_error(error_kind::protocol, std::move(message)));
  };
  std::size_t used = 0;
  while (used < bytes.size() && !done()) {
    const auto rest = bytes.substr(used);
    error_code failed;
    used += machine_->parser.put(boost::asio::buffer(rest.data(), rest.size()), failed);
    auto& parser = machine_->parser;
    if (failed == http::error::need_more) {
      // Chunk headers and trailers are not bounded by the parser.
      if (bytes.size() - used > machine_->max_header_bytes)
        failed = http::error::header_limit;
      else
        return used;
    }
    if (failed == http::error::header_limit) {
      return broken("its headers are larger than the limit of " +
                    std::to_string(machine_->max_header_bytes) + " bytes");
    }
    if (failed == http::error::body_limit) {
      return broken("its body is larger than the limit of " +
                    std::to_string(machine_->max_body_bytes) + " bytes");
    }
    if (failed) return broken("it is not HTTP/1.1 (" + failed.message() + ")");
    if (parser.is_done() && parser.response.status / 100 == 1) {
      if (parser.response.status == 101)
        return broken("it switches protocols, which nobody asked for");
      if (++machine_->interim > max_interim) return broken("it has interim answers without end");
      auto next = std::make_unique<machine>(machine_->max_header_bytes, machine_->max_body_bytes);
      next->interim = machine_->interim;
      machine_ = std::move(next);
    }
  }
  return used;
}

bool response_parser::put_end() {
  if (done()) return true;
  error_code failed;
  if (machine_->parser.got_some()) machine_->parser.put_eof(failed);
  return !failed && done();
}

bool response_parser::done() const noexcept {
  return machine_->parser.is_done();
}
bool response_parser::keep_alive() const {
  return machine_->parser.keep_alive();
}

std::string response_parser::progress() const {
  const auto& parser = machine_->parser;
  if (!parser.is_header_done()) return "within the headers";
  std::string text = "after " + std::to_string(parser.response.body.size());
  if (const auto length = parser.content_length()) text += " of " + std::to_string(*length);
  return text + " body bytes";
}

http_response response_parser::take() {
  return std::move(machine_->parser.response);
}

std::string_view http_response::find(std::string_view name) const noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (const auto& one : headers) {
    if (std::equal(one.name.begin(), one.name.end(), name.begin(), name.end(),
                   [&](char a, char b) { return lower(a) == lower(b); })) {
      return one.value;
    }
  }
  return {};
}

}  // namespace lambda_cache::net
