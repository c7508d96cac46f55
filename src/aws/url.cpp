#include "aws/url.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>

namespace lambda_cache::aws {
namespace {

constexpr std::uint16_t default_port(bool tls) noexcept {
  return tls ? 443 : 80;
}

/// A name or an IPv4 address. Underscores are no DNS, but container networks have such names.
bool is_host_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : host) {
    label = c == '.' ? 0 : label + 1;
    const bool legal = c == '.' || text::is_alnum(c) || c == '-' || c == '_';
    if (!legal || label > 63) return false;
  }
  return host.front() != '.' && host.find("..") == std::string_view::npos;
}

std::optional<std::string> canonical_ipv6(std::string_view address) {
  const std::string text(address);
  in6_addr bytes;
  if (text.find('\0') != std::string::npos || ::inet_pton(AF_INET6, text.c_str(), &bytes) != 1)
    return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &bytes, out.data(), out.size());
  return std::string(out.data());
}

std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc() || end != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  return port;
}

std::unexpected<error_info> refuse(std::string_view what, std::string_view reason) {
  std::string message(what);
  message.append(" ").append(reason).append(".");
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

}  // namespace

core::result<url> parse_url(std::string_view text, std::string_view what) {
  // A password may have characters that end the authority before its '@'.
  const auto shown = [text] {
    return text.find('@') == std::string_view::npos ? ": " + text::quoted(text) : std::string();
  };
  url parts;
  std::string_view rest = text;
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon);
  if (colon == std::string_view::npos ||
      !(text::iequals(scheme, "http") || text::iequals(scheme, "https")))
    return refuse(what, "must begin with http:// or https://");
  parts.tls = scheme.size() == 5;
  rest.remove_prefix(colon + 3);

  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  if (authority.find('@') != std::string_view::npos)
    return refuse(what, "must not contain a user name or a password");
  if (rest.find('#') != std::string_view::npos) return refuse(what, "must not have a fragment (#)");
  if (!std::ranges::all_of(rest, text::is_visible))
    return refuse(what, "contains a character that has to be percent-encoded" + shown());

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    const auto address = close == std::string_view::npos
                             ? std::nullopt
                             : canonical_ipv6(authority.substr(1, close - 1));
    if (!address) return refuse(what, "has a malformed IPv6 address" + shown());
    parts.host = *address;
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority.front() != ':')
      return refuse(what, "has a malformed host" + shown());
    port = authority.substr(std::min<std::size_t>(1, authority.size()));
  } else {
    const std::size_t at = authority.find(':');
    if (!is_host_name(authority.substr(0, at)))
      return refuse(what, "has a malformed host" + shown());
    parts.host = text::lower(authority.substr(0, at));
    if (at != std::string_view::npos) port = authority.substr(at + 1);
  }
  parts.port = default_port(parts.tls);
  if (!port.empty()) {
    const auto number = parse_port(port);
    if (!number) return refuse(what, "has a port that is not 1 to 65535" + shown());
    parts.port = *number;
  }

  const std::size_t question = rest.find('?');
  parts.path = rest.substr(0, question);
  if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
  return parts;
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host == "::1") return true;
  std::array<char, INET_ADDRSTRLEN> text{};
  if (host.size() >= text.size()) return false;
  std::ranges::copy(host, text.begin());
  in_addr address;
  return ::inet_pton(AF_INET, text.data(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

std::string host_header(const url& parts) {
  std::string out = parts.host.find(':') == std::string::npos ? parts.host : "[" + parts.host + "]";
  if (parts.port != default_port(parts.tls)) out += ":" + std::to_string(parts.port);
  return out;
}

}  // namespace lambda_cache::aws
