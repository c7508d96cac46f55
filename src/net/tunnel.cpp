#include "net/tunnel.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::net {
namespace {

core::secret_bytes connect_request(const route& along) {
  const std::string where = describe(along.to);
  const auto& credentials = along.via->authorization;
  core::secret_bytes out;
  out.reserve(2 * where.size() + credentials.size() + 128);
  const auto add = [&out](std::string_view part) {
    out.insert(out.end(), part.begin(), part.end());
  };
  add("CONNECT ");
  add(where);
  add(" HTTP/1.1\r\nHost: ");
  add(where);
  add("\r\nUser-Agent: lambda-cache\r\n");
  if (!credentials.empty()) {
    add("Proxy-Authorization: ");
    add({credentials.data(), credentials.size()});
    add("\r\n");
  }
  add("\r\n");
  return out;
}

bool same_letters(std::string_view text, std::string_view lower_case) noexcept {
  return std::ranges::equal(text, lower_case, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

/// Whether the proxy names ways to say who one is, and Basic is none of them.
bool wants_something_else(const http_response& got) {
  bool offered = false;
  for (const header& one : got.headers) {
    if (!same_letters(one.name, "proxy-authenticate")) continue;
    offered = true;
    if (same_letters(std::string_view(one.value).substr(0, 5), "basic")) return false;
  }
  return offered;
}

std::string fix_for_credentials(const proxy& who, const http_response& got) {
  if (wants_something_else(got))
    return "it does not take a user name and a password as they can be sent (Basic). Allow Basic, "
           "or this machine's address, in the proxy";
  if (who.authorization.empty())
    return "it asks for a user name and a password. Write them into " + who.setting +
           " (http://user:password@host:port), with special characters percent-encoded";
  return "it refuses the user name and the password of " + who.setting +
         ". Check them; special characters have to be percent-encoded";
}

}  // namespace

tunnel::tunnel(route along)
    : along_(std::move(along)),
      request_(connect_request(along_)),
      parser_(http_limits{}, nullptr, response_parser::part::head) {}

std::string_view tunnel::unsent() const noexcept {
  return {request_.data() + sent_, request_.size() - sent_};
}

core::result<bool> tunnel::put(std::string_view bytes) {
  const auto refuse = [this](const std::string& reason) {
    return core::fail(core::make_error(
        error_kind::connection,
        describe(*along_.via) + " did not give a tunnel to " + describe(along_.to) + ": " + reason +
            ". Check that " + along_.via->setting +
            " names an HTTP proxy; one that is spoken to over TLS is written https://"));
  };
  unread_ += bytes;
  // Else a few bytes of TLS would have to wait for their line's end.
  constexpr std::string_view begin = "HTTP/";
  if (!began_ && !begin.starts_with(std::string_view(unread_).substr(0, begin.size())))
    return refuse("it does not speak HTTP");
  began_ = began_ || unread_.size() >= begin.size();
  const auto used = parser_.put(unread_);
  if (!used) return refuse(used.error().message);
  unread_.erase(0, *used);
  if (!parser_.done()) return false;
  const http_response got = parser_.take();
  if (got.status / 100 != 2) return core::fail(refused_by_proxy(along_, got));
  // The endpoint waits for us to speak first.
  if (!unread_.empty()) return refuse("it sent bytes that nobody asked for");
  return true;
}

bool is_refused_by_proxy(const http_response& got) noexcept {
  switch (got.status) {
    case 407:
      return true;
    case 403:
    case 502:
    case 503:
    case 504:
      return got.find("x-amzn-requestid").empty() && got.find("x-amz-request-id").empty();
    default:
      return false;
  }
}

error_info refused_by_proxy(const route& along, const http_response& got) {
  const std::string where = describe(along.to);
  const bool passing =
      got.status >= 500 || got.status == 408 || got.status == 425 || got.status == 429;
  std::string message = describe(*along.via);
  // A plain request may have been refused further on.
  if (!along.to.tls && got.status != 407) message += ", or what it leads to,";
  message += " answered with HTTP status " + std::to_string(got.status) + ": ";
  if (got.status == 407)
    message += fix_for_credentials(*along.via, got);
  else if (got.status == 403)
    message += "it does not allow " + where + ". Allow it there, or add the host to NO_PROXY if " +
               "it can be reached without a proxy";
  else if (passing)
    message += "it does not reach " + where + ". Check the endpoint and the proxy's way to it";
  else
    message += "it does not lead to " + where + ". Check that it is an HTTP proxy and allows " +
               "CONNECT to that port";
  error_info why =
      core::make_error(passing ? error_kind::connection : error_kind::rejected, std::move(message));
  why.http_status = got.status;
  return why;
}

}  // namespace lambda_cache::net
