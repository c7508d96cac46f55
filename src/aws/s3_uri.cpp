#include "aws/s3_uri.hpp"

#include "aws/text.hpp"

#include <algorithm>

namespace lambda_cache::aws {
namespace {

constexpr std::string_view scheme = "s3://";
constexpr std::size_t longest_key = 1024;

std::unexpected<error_info> refuse(std::string_view text, std::string_view reason) {
  error_info why =
      core::make_error(error_kind::invalid_argument,
                       "S3 URI " + text::quoted(text) + " " + std::string(reason) + ".");
  why.code = invalid_s3_uri;
  why.name = text;
  return core::fail(std::move(why));
}

bool is_ipv4_form(std::string_view text) noexcept {
  return std::ranges::count(text, '.') == 3 &&
         std::ranges::all_of(text, [](char c) { return text::is_digit(c) || c == '.'; });
}

/// Buckets of old may have capitals, '_' and up to 255 characters.
bool is_bucket(std::string_view name) noexcept {
  const auto legal = [](char c) { return text::is_alnum(c) || c == '.' || c == '-' || c == '_'; };
  return name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, legal) &&
         name.front() != '.' && name.find("..") == std::string_view::npos && !is_ipv4_form(name);
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = text::utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string encode(std::string_view text, std::string_view also_plain) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    if (text::is_alnum(c) || std::string_view("-_.~").find(c) != std::string_view::npos ||
        also_plain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
  return out;
}

}  // namespace

std::string encode_path(std::string_view text) {
  return encode(text, "/");
}

std::string encode_query(std::string_view text) {
  return encode(text, {});
}

core::result<s3_uri> parse_s3_uri(std::string_view text) {
  if (!text.starts_with(scheme)) return refuse(text, "does not begin with \"s3://\"");
  const std::string_view rest = text.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  const std::string_view bucket = rest.substr(0, slash);
  if (bucket.empty()) return refuse(text, "names no bucket; it should be s3://bucket/key");
  if (bucket.starts_with("arn:"))
    return refuse(text,
                  "has an ARN as its bucket; give the access point's alias (it ends in -s3alias)");
  if (!is_bucket(bucket))
    return refuse(text,
                  "has a bucket name that S3 does not have; they are 3 to 63 of a-z, 0-9, "
                  "'.' and '-'");
  if (bucket.ends_with("--x-s3"))
    return refuse(text, "names a directory bucket (S3 Express), which cannot be read here");
  const std::string_view key =
      slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (key.empty()) return refuse(text, "names no object; it should be s3://bucket/key");
  if (key.size() > longest_key)
    return refuse(text, "has a key of more than 1024 bytes, the most that S3 takes");
  if (!is_utf8(key)) return refuse(text, "has a key that is not UTF-8");

  s3_uri out;
  out.text = text;
  out.bucket = bucket;
  out.key = key;
  out.short_name = key.substr(key.rfind('/') + 1);
  return out;
}

bool is_host_label_bucket(std::string_view bucket, bool dots) noexcept {
  if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4_form(bucket)) return false;
  char before = '.';
  for (const char c : bucket) {
    const bool plain = text::is_lower(c) || text::is_digit(c);
    if (!plain && c != '-' && !(dots && c == '.')) return false;
    // Labels begin and end with a letter or a digit.
    if ((before == '.' && !plain) || (c == '.' && before == '-')) return false;
    before = c;
  }
  return before != '.' && before != '-';
}

s3_address locate(const s3_uri& object, const endpoint& regional) {
  s3_address out{regional.host, regional.host_header, {}};
  if (regional.is_aws && regional.base_path.empty() && regional.host_header == regional.host &&
      is_host_label_bucket(object.bucket, !regional.tls)) {
    out.host = object.bucket + "." + regional.host;
    out.host_header = out.host;
    out.path = "/" + encode_path(object.key);
  } else {
    out.path =
        regional.base_path + "/" + encode_path(object.bucket) + "/" + encode_path(object.key);
  }
  return out;
}

}  // namespace lambda_cache::aws
