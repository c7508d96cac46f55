// Beast takes some texts for impossible that there are (a lone CR behind the last chunk's size
// while its trailer comes in pieces). Its assumptions are checked here in every build, and end as
// an error.
#define BOOST_ENABLE_ASSERT_HANDLER

#include "net/response_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace {

struct broken_assumption {};

}  // namespace

// Weak: a program that links this may have handlers of its own.
namespace boost {

__attribute__((weak)) void assertion_failed(const char* /*condition*/, const char* /*function*/,
                                            const char* /*file*/, long /*line*/) {
  throw broken_assumption{};
}
__attribute__((weak)) void assertion_failed_msg(const char* /*condition*/, const char* /*text*/,
                                                const char* /*function*/, const char* /*file*/,
                                                long /*line*/) {
  throw broken_assumption{};
}

}  // namespace boost

namespace lambda_cache::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// Beast's grammar, our containers: Beast's own would keep secrets in ordinary memory.
class message_parser final : public http::basic_parser<false> {
 public:
  message_parser(std::size_t max_header_bytes, std::size_t max_body_bytes, body_sink* sink,
                 response_parser::part wanted)
      : sink_(sink), max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes) {
    eager(true);
    skip(wanted == response_parser::part::head);
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(max_header_bytes, std::numeric_limits<std::uint32_t>::max())));
    // With a sink it is not known yet where the body goes.
    if (sink_ != nullptr) {
      body_limit(boost::none);
    } else {
      body_limit(max_body_bytes);
    }
  }

  http_response response;
  /// Of the body, so far.
  std::uint64_t body_bytes = 0;
  std::optional<error_info> sink_error;

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    response.status = status;
  }
  void on_field_impl(http::field, string_view name, string_view value,
                     error_code& failed) override {
    // Beast bounds what waits for its end. A header that comes alone, as a whole, never waits.
    header_bytes_ += name.size() + value.size() + field_overhead;
    if (header_bytes_ > max_header_bytes_) {
      failed = http::error::header_limit;
      return;
    }
    response.headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code& failed) override {
    if (sink_ == nullptr || response.status / 100 == 1) return;
    auto wanted = sink_->begin(response);
    if (!wanted) return refuse(std::move(wanted.error()), failed);
    streams_ = *wanted;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         error_code& failed) override {
    if (streams_ || !length) return;
    if (*length > max_body_bytes_) {
      failed = http::error::body_limit;
    } else {
      response.body.reserve(static_cast<std::size_t>(*length));
    }
  }
  std::size_t on_body_impl(string_view text, error_code& failed) override {
    take(text, failed);
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view text, error_code& failed) override {
    take(text, failed);
    return text.size();
  }
  void on_finish_impl(error_code&) override {}

  void take(string_view text, error_code& failed) {
    body_bytes += text.size();
    if (!streams_) {
      if (body_bytes > max_body_bytes_) {
        failed = http::error::body_limit;
      } else {
        response.body.insert(response.body.end(), text.begin(), text.end());
      }
    } else if (auto taken = sink_->write({text.data(), text.size()}); !taken) {
      refuse(std::move(taken.error()), failed);
    }
  }
  void refuse(error_info why, error_code& failed) {
    sink_error = std::move(why);
    failed = boost::asio::error::operation_aborted;
  }

  static constexpr std::size_t field_overhead = 4;  // ": " and the end of the line

  body_sink* sink_;
  std::size_t max_header_bytes_;
  std::size_t header_bytes_ = 0;
  std::size_t max_body_bytes_;
  bool streams_ = false;
};

// Interim answers (1xx) come before the answer; a server that sends nothing else is broken.
constexpr int max_interim = 16;

}  // namespace

struct response_parser::machine {
  machine(std::size_t header_bytes, std::size_t body_bytes, body_sink* body, part of)
      : max_header_bytes(header_bytes),
        max_body_bytes(body_bytes),
        sink(body),
        wanted(of),
        parser(header_bytes, body_bytes, body, of) {}

  std::size_t max_header_bytes;
  std::size_t max_body_bytes;
  body_sink* sink;
  part wanted;
  message_parser parser;
  int interim = 0;
};

response_parser::response_parser(const http_limits& limits, body_sink* sink, part wanted)
    : machine_(std::make_unique<machine>(limits.max_header_bytes, limits.max_body_bytes, sink,
                                         wanted)) {}
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
    try {
      used += machine_->parser.put(boost::asio::buffer(rest.data(), rest.size()), failed);
    } catch (const broken_assumption&) {
      return broken("it is not HTTP/1.1 (bad chunk)");
    }
    auto& parser = machine_->parser;
    if (parser.sink_error) return core::fail(*parser.sink_error);
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
      auto next = std::make_unique<machine>(machine_->max_header_bytes, machine_->max_body_bytes,
                                            machine_->sink, machine_->wanted);
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
bool response_parser::sink_failed() const noexcept {
  return machine_->parser.sink_error.has_value();
}
bool response_parser::keep_alive() const {
  return machine_->parser.keep_alive();
}

std::string response_parser::progress() const {
  const auto& parser = machine_->parser;
  if (!parser.is_header_done()) return "within the headers";
  std::string text = "after " + std::to_string(parser.body_bytes);
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
