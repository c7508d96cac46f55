#include "net/proxy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <optional>

namespace lambda_cache::net {
namespace {

using address = std::array<unsigned char, 16>;
constexpr unsigned v4_offset = 96;  // bits before an IPv4 address

address from_v4(const in_addr& v4) noexcept {
  address out{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(&out[12], &v4, 4);
  return out;
}

std::optional<address> parse_address(const std::string& text) noexcept {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return from_v4(v4);
  address out{};
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

/// As parse_address(), and "127.1" and "2130706433", which the resolver takes for addresses too.
std::optional<address> address_of_host(const std::string& host) noexcept {
  if (const auto plain = parse_address(host)) return plain;
  in_addr v4{};
  if (::inet_aton(host.c_str(), &v4) == 1) return from_v4(v4);
  return std::nullopt;
}

bool is_within(const address& one, const address& network, unsigned prefix) noexcept {
  const unsigned whole = prefix / 8;
  if (!std::equal(network.begin(), network.begin() + whole, one.begin())) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || (one[whole] ^ network[whole]) >> (8 - rest) == 0;
}

/// Of this machine, or of its link: 169.254.169.254 and fd00:ec2::254 give instances their
/// metadata, 169.254.170.2, 169.254.170.23 and fd00:ec2::23 containers their credentials.
bool is_own(const origin& to) noexcept {
  struct network {
    const char* text;
    unsigned prefix;
  };
  constexpr network own[] = {{"127.0.0.0", v4_offset + 8},
                             {"0.0.0.0", v4_offset + 32},
                             {"169.254.0.0", v4_offset + 16},
                             {"::1", 128},
                             {"::", 128},
                             {"fe80::", 10},
                             {"fd00:ec2::", 32}};
  if (to.host == "localhost" || to.host.ends_with(".localhost")) return true;
  const auto here = address_of_host(to.host);
  return here && std::ranges::any_of(own, [&](const network& one) {
           return is_within(*here, *parse_address(one.text), one.prefix);
         });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

template <class Number>
std::optional<Number> parse_number(std::string_view digits) noexcept {
  Number out{};
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::string_view without_end_dot(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

std::string describe(const origin& to) {
  const bool brackets = to.host.find(':') != std::string::npos;
  return (brackets ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

std::string describe(const proxy& who) {
  return "the proxy " + describe(who.at) + " (" + who.setting + ")";
}

std::string describe(const route& along) {
  if (along.via == nullptr) return describe(along.to);
  return describe(along.to) + " through " + describe(*along.via);
}

proxy_exceptions::proxy_exceptions(std::string_view list) {
  constexpr std::string_view between = ", \t\r\n";
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(between), list.size());
    if (end > 0) add(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void proxy_exceptions::add(std::string_view text) {
  if (text == "*") {
    everything_ = true;
    return;
  }
  item one;
  // An IPv6 address has colons of its own; with a port it has to have brackets.
  std::string_view host = text;
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (colon != std::string_view::npos &&
      (bracketed ? text[colon - 1] == ']' : text.find(':') == colon)) {
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0) return;
    one.port = *port;
    host = text.substr(0, colon);
  }
  if (bracketed) {
    if (!host.ends_with(']')) return;
    host = host.substr(1, host.size() - 2);
  }

  const std::size_t slash = host.find('/');
  if (const auto network = parse_address(std::string(host.substr(0, slash)))) {
    const unsigned before = host.find(':') == std::string_view::npos ? v4_offset : 0;
    one.network = *network;
    one.prefix = 128;
    if (slash != std::string_view::npos) {
      const auto bits = parse_number<unsigned>(host.substr(slash + 1));
      if (!bits || *bits > 128 - before) return;
      one.prefix = before + *bits;
    }
    items_.push_back(std::move(one));
    return;
  }
  if (host.starts_with("*.")) host.remove_prefix(1);
  while (host.starts_with('.'))
    host.remove_prefix(1);
  one.name = lower(without_end_dot(host));
  if (!one.name.empty()) items_.push_back(std::move(one));
}

bool proxy_exceptions::cover(const origin& to) const {
  if (everything_) return true;
  if (items_.empty()) return false;
  const auto where = address_of_host(to.host);
  const std::string host = lower(without_end_dot(to.host));
  return std::ranges::any_of(items_, [&](const item& one) {
    if (one.port != 0 && one.port != to.port) return false;
    if (one.name.empty()) return where && is_within(*where, one.network, one.prefix);
    // An address is no name: "2.3" is not the end of 10.1.2.3.
    if (where || !host.ends_with(one.name)) return false;
    return host.size() == one.name.size() || host[host.size() - one.name.size() - 1] == '.';
  });
}

proxy_ptr proxy_settings::between(const origin& to) const {
  const proxy_ptr& wanted = to.tls ? https : http;
  if (wanted == nullptr || is_own(to) || exceptions.cover(to)) return nullptr;
  return wanted;
}

}  // namespace lambda_cache::net
