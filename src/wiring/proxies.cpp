#include "wiring/proxies.hpp"

#include "aws/checksum.hpp"
#include "aws/crypto.hpp"
#include "aws/url.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::wiring {
namespace {

/// A variable's text, wiped when it is no longer needed.
struct variable {
  std::string name;
  std::string text;

  variable(std::string of, std::string value) : name(std::move(of)), text(std::move(value)) {}
  variable(variable&&) = default;
  variable& operator=(variable&&) = delete;
  ~variable() { aws::wipe(text); }
};

std::optional<variable> find(const aws::environment& env, const char* lower, const char* upper) {
  if (auto text = env(lower)) {
    if (text->empty()) return std::nullopt;
    return variable(lower, std::move(*text));
  }
  if (auto text = env(upper); text && !text->empty()) return variable(upper, std::move(*text));
  return std::nullopt;
}

std::optional<int> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// As urllib's unquote(): what is no escape stays.
void append_decoded(core::secret_bytes& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out.push_back(static_cast<char>(*high << 4 | *low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
}

/// "Basic ...", of user[:password] as a URL has it.
core::secret_bytes basic_authorization(std::string_view user_info) {
  const std::size_t colon = user_info.find(':');
  core::secret_bytes plain;
  plain.reserve(user_info.size() + 1);
  append_decoded(plain, user_info.substr(0, colon));
  if (plain.empty()) return {};
  plain.push_back(':');
  if (colon != std::string_view::npos) append_decoded(plain, user_info.substr(colon + 1));

  constexpr std::string_view scheme = "Basic ";
  std::string encoded = aws::base64({plain.data(), plain.size()});
  core::secret_bytes out(scheme.begin(), scheme.end());
  out.insert(out.end(), encoded.begin(), encoded.end());
  aws::wipe(encoded);
  return out;
}

core::result<net::proxy_ptr> read_proxy(const variable& from) {
  const auto refuse = [&] {
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        from.name +
            " is not the URL of a proxy that can be used: it should look like "
            "http://proxy.example:3128 or http://user:password@proxy.example:3128 (or https://), "
            "with special characters of the user name and the password percent-encoded (@ as %40, "
            "/ as %2F). Correct it, or add the endpoint to NO_PROXY and unset it."));
  };
  std::string_view rest = from.text;
  std::string_view scheme = "http";
  if (const std::size_t end = rest.find("://"); end != std::string_view::npos) {
    scheme = rest.substr(0, end);
    rest.remove_prefix(end + 3);
  } else if (rest.starts_with("//")) {
    rest.remove_prefix(2);
  }
  // What comes behind the authority says nothing about a proxy; an '@' in it is a password's that
  // is not encoded.
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.find('@', authority_end) != std::string_view::npos) return refuse();
  std::string_view host = rest.substr(0, authority_end);
  std::string_view user_info;
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    user_info = host.substr(0, at);
    host.remove_prefix(at + 1);
  }
  const auto parsed =
      aws::parse_url(std::string(scheme) + "://" + std::string(host), "the proxy's URL");
  if (!parsed) return refuse();

  auto made = std::make_shared<net::proxy>();
  made->setting = from.name;
  made->at = {parsed->tls, parsed->host, parsed->port};
  made->authorization = basic_authorization(user_info);
  return made;
}

core::result<void> read_into(net::proxy_ptr& into, const std::optional<variable>& from) {
  if (!from) return {};
  auto made = read_proxy(*from);
  if (!made) return core::fail(std::move(made.error()));
  into = std::move(*made);
  return {};
}

}  // namespace

core::result<net::proxy_settings> resolve_proxies(const aws::environment& env) {
  net::proxy_settings out;
  if (auto read = read_into(out.https, find(env, "https_proxy", "HTTPS_PROXY")); !read)
    return core::fail(std::move(read.error()));
  const char* const upper = env("REQUEST_METHOD") ? "http_proxy" : "HTTP_PROXY";
  if (auto read = read_into(out.http, find(env, "http_proxy", upper)); !read)
    return core::fail(std::move(read.error()));
  if (out.https == nullptr && out.http == nullptr) return out;
  if (const auto exceptions = find(env, "no_proxy", "NO_PROXY"))
    out.exceptions = net::proxy_exceptions(exceptions->text);
  return out;
}

}  // namespace lambda_cache::wiring
