// The headers of an object. Input: the status on a line, lines "name: value".
#include "aws/s3_codec.hpp"
#include "aws/s3_uri.hpp"
#include "fuzz/target.hpp"

#include <string>

namespace lambda_cache::fuzz {
namespace {

std::string_view strip(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  return text;
}

std::string_view find_header(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && aws::text::iequals(line.substr(0, colon), name))
      return strip(line.substr(colon + 1));
  }
  return {};
}

void check_range(const aws::byte_range& range) {
  require(range.begin < range.end && range.end <= range.total, "a range is inside the object");
  const std::string text = "bytes " + std::to_string(range.begin) + "-" +
                           std::to_string(range.end - 1) + "/" + std::to_string(range.total);
  const auto again = aws::parse_content_range(text);
  require(again && again->begin == range.begin && again->end == range.end &&
              again->total == range.total,
          "a range that is written is read again");
}

void check_checksum(const aws::object_checksum& found) {
  require(found.digest.size() == aws::digest_size(found.algorithm), "a digest has its size");
  std::string text = aws::base64(found.digest);
  if (found.parts != 0) text += "-" + std::to_string(found.parts);
  const auto again = aws::parse_checksum(found.algorithm, text);
  require(again && again->digest == found.digest && again->parts == found.parts,
          "a checksum that is written is read again");
}

}  // namespace

void s3_headers(std::string_view input) {
  const auto status = aws::text::whole_number(take_line(input).substr(0, 4)).value_or(200);
  const aws::header_lookup header = [&](std::string_view name) { return find_header(input, name); };
  const auto head = aws::read_object_head(static_cast<int>(status), header);
  if (!head) {
    require_readable(head.error().message);
    require(head.error().kind == error_kind::protocol && status == 206, "only parts are refused");
    return;
  }
  constexpr std::uint32_t most_parts = 100'000;
  require(head->parts <= most_parts, "parts are bounded");
  require(head->range.has_value() == (status == 206), "a part has a range");
  if (head->range) {
    check_range(*head->range);
    require(head->size == head->range->total, "the size is that of the object");
  }
  if (head->checksum) {
    check_checksum(*head->checksum);
    require(head->checksum->parts <= most_parts, "parts are bounded");
  }
  const auto request = aws::encode_get_object(
      {.version_id = head->version_id, .if_none_match = head->etag, .if_match = {}, .range = {}});
  require(std::ranges::all_of(request.query, aws::text::is_visible), "a query is encoded");
}

}  // namespace lambda_cache::fuzz
