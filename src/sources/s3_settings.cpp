#include "sources/s3_settings.hpp"

#include "aws/crypto.hpp"

#include <charconv>
#include <optional>

namespace lambda_cache::sources {
namespace {

void append_part(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

/// Reads what append_part() wrote (and cache::make_key() writes).
std::optional<std::string_view> take_part(std::string_view& text) {
  std::size_t size = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failed != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  if (text.size() < size) return std::nullopt;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

}  // namespace

std::string selector_of(const s3_object& object) {
  std::string out;
  append_part(out, object.version_id);
  append_part(out, object.file);
  return out;
}

core::result<s3_object> object_of(const cache::entry& entry) {
  auto uri = aws::parse_s3_uri(entry.locator);
  if (!uri) return core::fail(std::move(uri.error()));
  std::string_view key = entry.key;
  std::optional<std::string_view> part;
  constexpr int selector_is_part = 6;  // of cache::identity
  for (int i = 0; i < selector_is_part; ++i)
    if (part = take_part(key); !part) break;
  std::string_view selector = part.value_or(std::string_view());
  const auto version = take_part(selector);
  const auto file = version ? take_part(selector) : std::nullopt;
  if (!file)
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "The entry of " + entry.locator + " is not that of an object"));
  return s3_object{std::move(*uri), std::string(*version), std::string(*file)};
}

std::string owner_of(const s3_object& object, const aws::endpoint& endpoint, bool custom_endpoint) {
  std::string all;
  append_part(all, custom_endpoint ? endpoint.host_header + endpoint.base_path : "aws");
  append_part(all, object.uri.bucket);
  append_part(all, object.uri.key);
  append_part(all, object.version_id);
  return aws::hex(aws::sha256(all));
}

}  // namespace lambda_cache::sources
