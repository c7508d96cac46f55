// Objects as users name them, "s3://bucket/key", and where S3 has them.
#pragma once

#include "aws/endpoints.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// The code of the errors of parse_s3_uri(), to tell them from other bad arguments.
inline constexpr std::string_view invalid_s3_uri = "InvalidS3UriError";

struct s3_uri {
  std::string text;    // as written
  std::string bucket;  // never empty
  std::string key;     // byte for byte what follows "s3://bucket/"; never empty
  /// What follows the key's last '/'; empty if the key ends in one.
  std::string short_name;
};

/// Nothing is decoded or normalised: '%', '+', '//', a leading '/' and ".." are parts of the key.
/// Errors: invalid_argument with the code `invalid_s3_uri` (another scheme, no bucket or key, a
/// bucket name that S3 does not have, a key of more than 1024 bytes or that is no UTF-8, directory
/// buckets and access point ARNs).
[[nodiscard]] core::result<s3_uri> parse_s3_uri(std::string_view text);

/// Whether the bucket may be the first label of a host name: 3 to 63 of a-z, 0-9 and '-'. With
/// `dots` also '.', between labels; an IPv4 address never is.
[[nodiscard]] bool is_host_label_bucket(std::string_view bucket, bool dots) noexcept;

/// Where an object is asked for.
struct s3_address {
  std::string host;
  std::string host_header;
  std::string path;  // percent-encoded once, as it is signed and sent
};

/// `regional` is what resolve_endpoint("s3", ...) gave. The bucket goes into the host name
/// (virtual-host style) at AWS's own endpoints, if it can be a part of one and, under TLS, of a
/// certificate's; else, and at every other endpoint, into the path.
[[nodiscard]] s3_address locate(const s3_uri& object, const endpoint& regional);

/// Percent-encodes all but letters, digits, "-_.~" and '/'.
[[nodiscard]] std::string encode_path(std::string_view text);
/// The same, and '/' too.
[[nodiscard]] std::string encode_query(std::string_view text);

}  // namespace lambda_cache::aws
