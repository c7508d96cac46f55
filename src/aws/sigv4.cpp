#include "aws/sigv4.hpp"

#include "aws/crypto.hpp"
#include "aws/text.hpp"
#include "aws/timestamps.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace lambda_cache::aws {
namespace {

/// Headers that proxies on the way may change or add.
constexpr std::array<std::string_view, 11> unsigned_headers = {"connection",
                                                               "expect",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "user-agent",
                                                               "x-amzn-trace-id"};

/// Headers that are made here, whatever the request carries.
constexpr std::array<std::string_view, 4> own_headers = {"host", "authorization", "x-amz-date",
                                                         "x-amz-security-token"};

struct signed_header {
  std::string name;  // lowercase
  std::string_view value;
};

std::string_view view(const core::secret_bytes& bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

std::string_view view(const sha256_digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (text::is_alnum(c) || std::string_view("-_.~/").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
}

/// Without empty, "." and ".." segments, and percent-encoded once more.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end + 1;
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      segments.push_back(segment);
    } else if (!segments.empty()) {
      segments.pop_back();
    }
  }
  std::string out;
  out.reserve(path.size() + 1);
  for (const std::string_view segment : segments) {
    out.push_back('/');
    append_encoded(out, segment);
  }
  if (out.empty() || path.ends_with('/')) out.push_back('/');
  return out;
}

/// name=value pairs sorted by name, then value, both as they are encoded on the wire.
std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (;;) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    pairs.emplace_back(pair.substr(0, equals), equals == std::string_view::npos
                                                   ? std::string_view()
                                                   : pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out.append(name).append("=").append(value);
  }
  return out;
}

/// Feeds a header's value without outer white space and with inner runs of it as one space.
void hash_value(sha256_stream& hash, std::string_view value) {
  constexpr std::string_view space = " \t\n\v\f\r";
  std::size_t begin = value.find_first_not_of(space);
  for (bool first = true; begin != std::string_view::npos; first = false) {
    const std::size_t end = std::min(value.find_first_of(space, begin), value.size());
    if (!first) hash.update(" ");
    hash.update(value.substr(begin, end - begin));
    begin = value.find_first_not_of(space, end);
  }
}

std::string join_names(const std::vector<signed_header>& headers) {
  std::string out;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].name == headers[i - 1].name) continue;
    if (i > 0) out.push_back(';');
    out += headers[i].name;
  }
  return out;
}

void hash_headers(sha256_stream& hash, const std::vector<signed_header>& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const bool repeated = i > 0 && headers[i].name == headers[i - 1].name;
    if (i > 0 && !repeated) hash.update("\n");
    if (!repeated) hash.update(headers[i].name);
    hash.update(repeated ? "," : ":");
    hash_value(hash, headers[i].value);
  }
  hash.update("\n");
}

/// HMAC of the chain secret, date, region, service, "aws4_request".
sha256_digest signing_key(const credentials& keys, std::string_view date,
                          const signing_scope& scope) {
  core::secret_bytes secret;
  secret.reserve(4 + keys.secret_access_key.size());
  for (const char c : std::string_view("AWS4"))
    secret.push_back(c);
  secret.insert(secret.end(), keys.secret_access_key.begin(), keys.secret_access_key.end());

  sha256_digest key = hmac_sha256(view(secret), date);
  for (const std::string_view part :
       {scope.region, scope.service, std::string_view("aws4_request")}) {
    sha256_digest next = hmac_sha256(view(key), part);
    key = next;
    wipe(next);
  }
  return key;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> sign_v4(const signable_request& request,
                                                         const signing_scope& scope,
                                                         const credentials& keys) {
  const std::string timestamp = format_amz_date(scope.unix_seconds);
  const std::string_view date = std::string_view(timestamp).substr(0, 8);
  std::string payload_hash = hex(sha256(request.body));

  std::vector<signed_header> headers;
  headers.reserve(request.headers.size() + 4);
  const auto add = [&headers](std::string name, std::string_view value) {
    // Sorted by name; headers of one name stay in their order.
    const auto behind = std::ranges::upper_bound(headers, name, {}, &signed_header::name);
    headers.insert(behind, {std::move(name), value});
  };
  add("host", request.host);
  add("x-amz-date", timestamp);
  if (!keys.session_token.empty()) add("x-amz-security-token", view(keys.session_token));
  if (scope.s3) add("x-amz-content-sha256", payload_hash);
  for (const auto& [name, value] : request.headers) {
    std::string lowered = text::lower(name);
    if (std::ranges::find(unsigned_headers, lowered) != unsigned_headers.end()) continue;
    if (std::ranges::find(own_headers, lowered) != own_headers.end()) continue;
    if (scope.s3 && lowered == "x-amz-content-sha256") continue;
    add(std::move(lowered), value);
  }
  const std::string names = join_names(headers);

  sha256_stream canonical_request;
  std::string method(request.method);
  std::ranges::transform(method, method.begin(), text::to_upper);
  canonical_request.update(method);
  canonical_request.update("\n");
  if (!scope.s3) {
    canonical_request.update(canonical_path(request.path));
  } else {
    canonical_request.update(request.path.empty() ? "/" : request.path);
  }
  canonical_request.update("\n");
  canonical_request.update(canonical_query(request.query));
  canonical_request.update("\n");
  hash_headers(canonical_request, headers);
  canonical_request.update("\n");
  canonical_request.update(names);
  canonical_request.update("\n");
  canonical_request.update(payload_hash);

  std::string credential_scope(date);
  credential_scope.append("/").append(scope.region).append("/").append(scope.service);
  credential_scope.append("/aws4_request");
  std::string to_sign = "AWS4-HMAC-SHA256\n" + timestamp + "\n" + credential_scope + "\n";
  to_sign += hex(canonical_request.finish());
  sha256_digest key = signing_key(keys, date, scope);
  const std::string signature = hex(hmac_sha256(view(key), to_sign));
  wipe(key);

  std::vector<std::pair<std::string, std::string>> added;
  added.reserve(4);
  added.emplace_back("X-Amz-Date", timestamp);
  if (!keys.session_token.empty())
    added.emplace_back("X-Amz-Security-Token", std::string(view(keys.session_token)));
  if (scope.s3) added.emplace_back("x-amz-content-sha256", std::move(payload_hash));
  added.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + keys.access_key_id + "/" +
                                          credential_scope + ", SignedHeaders=" + names +
                                          ", Signature=" + signature);
  return added;
}

}  // namespace lambda_cache::aws
