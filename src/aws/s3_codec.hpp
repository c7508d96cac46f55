// GetObject: what is asked for, and what the headers of an answer say. Sans-IO.
#pragma once

#include "aws/checksum.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::aws {

/// The checksum that S3 keeps with an object.
struct object_checksum {
  checksum_algorithm algorithm = checksum_algorithm::crc64nvme;
  std::string digest;  // raw bytes
  /// 0: of the object's bytes. Else of the digests of so many parts ("...-3").
  std::uint32_t parts = 0;
};

struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // behind the last byte
  std::uint64_t total = 0;
};

/// What one answer says of the object. Unknown or malformed optional headers count as absent.
struct object_head {
  std::string etag;        // as it came, quotes included; never taken for an MD5
  std::string version_id;  // empty or "null" without versioning
  std::string content_type;
  /// The size of the whole object; nothing where no header says it.
  std::optional<std::uint64_t> size;
  std::optional<byte_range> range;  // of a 206
  std::optional<object_checksum> checksum;
  std::uint32_t parts = 0;  // x-amz-mp-parts-count
};

/// Looks headers up by name, without regard to case; empty if absent.
using header_lookup = std::function<std::string_view(std::string_view)>;

/// Errors: protocol (a 206 whose Content-Range does not name a range of a known total).
[[nodiscard]] core::result<object_head> read_object_head(int status, const header_lookup& header);

/// "bytes 0-99/1234"; nothing if it is not that, or makes no sense.
[[nodiscard]] std::optional<byte_range> parse_content_range(std::string_view text) noexcept;
/// The value of an x-amz-checksum-... header, "abc=" or "abc=-3".
[[nodiscard]] std::optional<object_checksum> parse_checksum(checksum_algorithm algorithm,
                                                            std::string_view text,
                                                            std::string_view type = {});

/// The end of a range that has none.
inline constexpr std::uint64_t to_the_end = ~std::uint64_t{0};

/// One GetObject.
struct object_request {
  std::string_view version_id;     // empty: the newest
  std::string_view if_none_match;  // an ETag with its quotes; empty: unconditional
  std::string_view if_match;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range;  // [begin, end)
  std::uint32_t part_number = 0;                                 // 0: none
};

struct encoded_object_request {
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
};

[[nodiscard]] encoded_object_request encode_get_object(const object_request& request);

}  // namespace lambda_cache::aws
