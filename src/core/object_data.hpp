// The value of an object: its bytes, or a file that holds them.
#pragma once

#include "core/value_data.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::core {

/// What tells a file from every other, and from itself after a change.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  // nanoseconds
  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// `kind` is file (the content is the path) or bytes; `type` is the object's content type.
struct object_data : value_data {
  std::string etag;  // with its quotes; empty if the service sent none
  std::uint64_t size = 0;
  // Of files:
  file_stamp stamp;
  std::string owner;  // whose content the file holds, see file_mark

  /// Bytes accounted to the cache; those of a file are not in memory.
  [[nodiscard]] std::size_t object_footprint() const noexcept {
    return sizeof(object_data) - sizeof(value_data) + footprint() + etag.size() + owner.size();
  }
};

/// Kept in an extended attribute of each file that we make, so that another process of ours, or
/// the next one, knows what it holds. File systems without such attributes lack that, no more: the
/// file is fetched again.
struct file_mark {
  std::string owner;  // hexadecimal; no spaces
  std::string etag;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  // nanoseconds
};

/// Bytes of a mark as it is kept; a longer one is not.
inline constexpr std::size_t longest_mark = 2048;
[[nodiscard]] std::string to_text(const file_mark& mark);
/// Nothing if the text is no mark of ours: anybody who may write the file may have made it.
[[nodiscard]] std::optional<file_mark> parse_mark(std::string_view text);

/// False where the file system cannot keep it.
bool write_mark(int fd, const file_mark& mark) noexcept;

struct marked_file {
  file_stamp stamp;
  file_mark mark;
};
/// A regular file of this user with a mark of ours that is still true. No symbolic links.
[[nodiscard]] std::optional<marked_file> find_marked_file(const std::string& path);

/// Whether the file of a value is there as it was: the same one, untouched, or one with the same
/// content that another process of ours has put there since. One system call in the first case.
[[nodiscard]] bool is_intact(const object_data& value);
/// The same of the file that is open as `fd`, whatever its path leads to by now.
[[nodiscard]] bool is_intact(const object_data& value, int fd);

}  // namespace lambda_cache::core
