// Errors in XML, as S3 and STS send them. Bounded, for bytes from anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// What an <Error> says; fields that are not there are empty.
struct xml_error {
  std::string code;
  std::string message;
  std::string region;      // where the bucket is, in S3's redirects
  std::string request_id;  // S3 says it here too, where it answers through a proxy
};

/// Reads <Error>...</Error>, at the top or inside <ErrorResponse> or <Response>, of several the
/// first. Nothing if there is none, or xml_document refuses the text, or it is longer than 64 KiB.
/// Fields are cut off after 4 KiB.
[[nodiscard]] std::optional<xml_error> parse_xml_error(std::string_view body);

}  // namespace lambda_cache::aws
