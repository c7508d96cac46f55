#include "agent/access.hpp"

#include "agent/query.hpp"
#include "aws/base64.hpp"
#include "aws/text.hpp"
#include "aws/url.hpp"
#include "core/secret_memory.hpp"
#include "sources/file_reader.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace lambda_cache::agent {
namespace {

constexpr std::string_view file_scheme = "file://";

/// Takes a time that depends on the length of what was given only.
bool is_equal(std::string_view given, std::string_view secret) noexcept {
  unsigned difference = given.size() == secret.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char against = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i] ^ against));
  }
  return difference == 0 && !secret.empty();
}

/// Every name that it goes by has to be local; HTTP/1.1 has to give one (RFC 9112 §3.2).
bool is_for_this_machine(const request_view& request) {
  const auto authority = split_target(request.target).authority;
  if (authority && !is_local_host(*authority)) return false;
  std::size_t hosts = 0;
  for (const header& each : request.headers) {
    if (!aws::text::iequals(each.name, "Host")) continue;
    ++hosts;
    if (!is_local_host(each.value)) return false;
  }
  return hosts == 1 || (hosts == 0 && request.is_http_1_0);
}

}  // namespace

/// A text, or a file's; the file is read again when it has changed.
class access::token {
 public:
  explicit token(std::string_view configured) {
    if (configured.starts_with(file_scheme))
      path_ = configured.substr(file_scheme.size());
    else
      text_.assign(configured.begin(), configured.end());
  }

  [[nodiscard]] std::string_view text() {
    if (!path_.empty()) look_at_file();
    return {text_.data(), text_.size()};
  }

 private:
  void look_at_file() {
    struct stat now{};
    if (::stat(path_.c_str(), &now) != 0) {
      text_ = {};
      seen_ = {};
      return;
    }
    const auto is_same = [](const struct stat& a, const struct stat& b) {
      return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
             a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
    };
    if (is_same(now, seen_)) return;
    auto read = sources::read_token_file(path_, "the token");
    text_ = read ? std::move(*read) : core::secret_bytes();
    seen_ = now;
  }

  std::string path_;
  core::secret_bytes text_;
  struct stat seen_{};
};

access::access(const settings& how) : how_(how) {
  for (const std::string& each : how.tokens)
    tokens_.push_back(std::make_unique<token>(each));
}

access::~access() = default;

std::optional<response> access::refuse_origin(const request_view& request) const {
  // As AWS's agent answers; it looks at X-Forwarded-For only.
  for (const char* name : {"X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Real-IP", "Via"})
    if (request.has(name)) return text_response(400, "Forwarded");
  if (!request.over_socket && !is_for_this_machine(request)) return text_response(400, "Bad Host");
  // Browsers say where a request comes from: pages of other sites have nothing to ask here.
  const auto site = request.find("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none")
    return text_response(403, "Cross-site requests are refused");
  return std::nullopt;
}

bool access::is_token(std::string_view given) {
  bool known = false;
  for (const auto& each : tokens_)
    known = is_equal(given, each->text()) || known;
  return known;
}

bool access::has_token(const request_view& request) {
  if (request.over_socket) return true;
  bool known = false;
  for (const header& each : request.headers) {
    const bool is_one = std::ranges::any_of(how_.token_headers, [&](const std::string& name) {
      return aws::text::iequals(name, each.name);
    });
    if (is_one) known = is_token(each.value) || known;
  }
  return known;
}

std::optional<response> access::refuse_token(const request_view& request) {
  if (has_token(request)) return std::nullopt;
  if (how_.mode == compatibility::agent) return text_response(403, "Bad Token");
  return text_response(401, "bad session token or header key");
}

std::optional<response> access::refuse_visitor(const request_view& request) {
  if (has_token(request)) return std::nullopt;
  constexpr std::string_view basic = "Basic ";
  const auto given = request.find("Authorization");
  if (given && given->starts_with(basic)) {
    const auto plain = aws::decode_base64(given->substr(basic.size()));
    const std::string_view text =
        plain ? std::string_view(plain->data(), plain->size()) : std::string_view();
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && is_token(text.substr(colon + 1))) return std::nullopt;
  }
  response asked =
      text_response(401, "The password is the agent's token; the user does not matter.");
  asked.challenge = "Basic realm=\"lambda-cache\", charset=\"UTF-8\"";
  return asked;
}

bool is_local_host(std::string_view host) noexcept {
  std::string_view name = host;
  std::string_view port;
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    if (end == std::string_view::npos) return false;
    port = name.substr(end + 1);
    name = name.substr(1, end - 1);
    if (name != "::1" || (!port.empty() && !port.starts_with(':'))) return false;
  } else if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    port = name.substr(colon);
    name = name.substr(0, colon);
  }
  if (port.starts_with(':')) port.remove_prefix(1);
  if (!port.empty() && !aws::text::all_digits(port)) return false;
  return aws::text::iequals(name, "localhost") || name == "127.0.0.1" ||
         (name == "::1" && host.starts_with('['));
}

}  // namespace lambda_cache::agent
