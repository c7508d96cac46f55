// Objects as S3 keeps them: buckets, keys, versions. For the test kit.
#pragma once

#include "core/object_data.hpp"
#include "core/result.hpp"
#include "sources/fake_store.hpp"
#include "sources/s3_settings.hpp"

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::sources {

/// One version of an object.
struct fake_object {
  std::string version_id;
  std::string content_type;
  std::string etag;  // with its quotes; the same for the same bytes
  core::secret_bytes content;
};

/// Not thread-safe. Buckets are there from the first object that is put into them.
class fake_objects {
 public:
  struct version_options {
    /// Empty: made up.
    std::string version_id;
    std::string content_type = "binary/octet-stream";
  };
  /// A new version, and its id. Errors (invalid_argument): no URI of an object, an id that the
  /// object has already.
  core::result<std::string> put(std::string_view uri, std::string_view bytes, version_options how);
  /// Every version of it; whether there was one. The bucket stays.
  bool remove(std::string_view uri);
  /// Valid until the next change.
  [[nodiscard]] std::expected<const fake_object*, fake_refusal> find(const s3_object& asked) const;
  /// "s3://bucket/key", in order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  using versions = std::vector<fake_object>;  // never empty
  std::map<std::string, std::map<std::string, versions, std::less<>>, std::less<>> buckets_;
  std::uint64_t last_id_ = 0;
};

/// An object as calls have it: "s3://bucket/key", of one version with "?versionId=..." behind it.
[[nodiscard]] std::string fake_object_name(const s3_object& asked);
/// Whether a test that says `name` means the object that is asked for by `asked`: all of a bucket,
/// all versions of an object, or one.
[[nodiscard]] bool means_object(std::string_view name, std::string_view asked);

/// What reading it brings: `before`, if it is of the same content and its file is whole, or a value
/// made as downloads make it, files included. `in_memory` bytes are taken at most.
/// Errors: storage; rejected (too large to be kept in memory).
[[nodiscard]] core::result<std::shared_ptr<const core::object_data>> take_fake_object(
    const fake_object& found, const s3_object& asked,
    std::shared_ptr<const core::object_data> before, std::uint64_t in_memory);

}  // namespace lambda_cache::sources
