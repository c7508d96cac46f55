#include "aws/s3_codec.hpp"

#include "aws/s3_uri.hpp"
#include "aws/text.hpp"

#include <array>
#include <charconv>

namespace lambda_cache::aws {
namespace {

/// The whole text as a number without sign.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return number;
}

// S3's own limit is 10,000.
constexpr std::uint64_t most_parts = 100'000;

/// The fastest first: S3 keeps one, other stores may send several.
constexpr std::array algorithms = {checksum_algorithm::crc64nvme, checksum_algorithm::crc32c,
                                   checksum_algorithm::crc32, checksum_algorithm::sha256,
                                   checksum_algorithm::sha1};

std::optional<object_checksum> find_checksum(const header_lookup& header) {
  std::optional<object_checksum> composite;
  for (const checksum_algorithm algorithm : algorithms) {
    const std::string name = "x-amz-checksum-" + std::string(to_string(algorithm));
    auto found = parse_checksum(algorithm, header(name), header("x-amz-checksum-type"));
    if (found && found->parts == 0) return found;
    if (found && !composite) composite = std::move(found);
  }
  return composite;
}

}  // namespace

std::optional<byte_range> parse_content_range(std::string_view text) noexcept {
  constexpr std::string_view unit = "bytes ";
  if (text.size() < unit.size() || !text::iequals(text.substr(0, unit.size()), unit))
    return std::nullopt;
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
    return std::nullopt;
  const auto first = parse_number(text.substr(0, dash));
  const auto last = parse_number(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_number(text.substr(slash + 1));
  if (!first || !last || !total || *last < *first || *last >= *total) return std::nullopt;
  return byte_range{*first, *last + 1, *total};
}

std::optional<object_checksum> parse_checksum(checksum_algorithm algorithm, std::string_view text,
                                              std::string_view type) {
  object_checksum out;
  out.algorithm = algorithm;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto parts = parse_number(text.substr(dash + 1));
    if (!parts || *parts == 0 || *parts > most_parts) return std::nullopt;
    out.parts = static_cast<std::uint32_t>(*parts);
    text = text.substr(0, dash);
  } else if (text::iequals(type, "COMPOSITE")) {
    return std::nullopt;  // of how many parts is not said
  }
  auto digest = from_base64(text, digest_size(algorithm));
  if (!digest) return std::nullopt;
  out.digest = std::move(*digest);
  return out;
}

core::result<object_head> read_object_head(int status, const header_lookup& header) {
  object_head out;
  out.etag = header("etag");
  out.version_id = header("x-amz-version-id");
  out.content_type = header("content-type");
  out.checksum = find_checksum(header);
  if (const auto parts = parse_number(header("x-amz-mp-parts-count"));
      parts && *parts <= most_parts)
    out.parts = static_cast<std::uint32_t>(*parts);
  if (status == 206) {
    out.range = parse_content_range(header("content-range"));
    if (!out.range)
      return core::fail(core::make_error(
          error_kind::protocol, "The answer is a part of the object but does not say which: " +
                                    text::quoted(header("content-range")) + "."));
    out.size = out.range->total;
  } else if (status == 200) {
    out.size = parse_number(header("content-length"));
  }
  return out;
}

encoded_object_request encode_get_object(const object_request& request) {
  encoded_object_request out;
  if (request.part_number != 0) out.query = "partNumber=" + std::to_string(request.part_number);
  if (!request.version_id.empty()) {
    if (!out.query.empty()) out.query += '&';
    out.query += "versionId=" + encode_query(request.version_id);
  }
  out.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  if (!request.if_none_match.empty())
    out.headers.emplace_back("If-None-Match", std::string(request.if_none_match));
  if (!request.if_match.empty())
    out.headers.emplace_back("If-Match", std::string(request.if_match));
  if (request.range)
    out.headers.emplace_back("Range", "bytes=" + std::to_string(request.range->first) + "-" +
                                          (request.range->second == to_the_end
                                               ? std::string()
                                               : std::to_string(request.range->second - 1)));
  return out;
}

}  // namespace lambda_cache::aws
