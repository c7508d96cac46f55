// Compares what came with the checksum that S3 keeps, in slices, so that the loop goes on.
#pragma once

#include "aws/s3_codec.hpp"
#include "core/secret_memory.hpp"
#include "sources/object_target.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace lambda_cache::sources {

class object_check {
 public:
  enum class verdict { right, wrong };

  /// `part_ends` are where the parts end that a composite checksum is of, the last at the size;
  /// else there is one. `target` must outlive it.
  object_check(object_target& target, aws::object_checksum expected,
               std::vector<std::uint64_t> part_ends);

  /// Reads on for a while; nothing as long as there is more to read. Errors: storage.
  [[nodiscard]] core::result<std::optional<verdict>> step();

 private:
  object_target& target_;
  const aws::object_checksum expected_;
  const std::vector<std::uint64_t> part_ends_;
  core::secret_bytes buffer_;
  std::uint64_t at_ = 0;
  std::size_t part_ = 0;
  aws::checksum of_part_;
  aws::checksum of_digests_;
};

}  // namespace lambda_cache::sources
