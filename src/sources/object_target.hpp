// Where an object's bytes go: a file or memory.
#pragma once

#include "aws/s3_codec.hpp"
#include "core/object_data.hpp"
#include "core/result.hpp"
#include "sources/object_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::sources {

class object_target {
 public:
  virtual ~object_target() = default;
  /// Before the first byte; with the size, where it is known.
  /// Errors: storage, or rejected (larger than memory may be taken).
  virtual core::result<void> begin(std::optional<std::uint64_t> size) = 0;
  virtual core::result<void> write(std::uint64_t offset, std::string_view bytes) = 0;
  /// What was written; less at the end.
  virtual core::result<std::size_t> read(std::uint64_t offset, char* into, std::size_t size) = 0;
  /// All `size` bytes are there and right: makes the value of them.
  virtual core::result<std::shared_ptr<core::object_data>> finish(const aws::object_head& head,
                                                                  std::uint64_t size) = 0;
  /// In the child of a fork.
  virtual void let_go() noexcept {}
};

/// `path` is the file's, in a directory that exists.
[[nodiscard]] std::unique_ptr<object_target> make_file_target(std::string path, std::string owner);
/// `most` bytes, or fewer.
[[nodiscard]] std::unique_ptr<object_target> make_memory_target(std::uint64_t most);

}  // namespace lambda_cache::sources
