// Files that objects are downloaded to: whole or not there, whatever ends the process.
#pragma once

#include "core/object_data.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lambda_cache::sources {

/// Whether an entry's name can be a file's. Errors: invalid_argument (empty, ".", "..", '/', NUL,
/// more than 255 bytes, the beginning that our temporary files have); `option` is named in them.
[[nodiscard]] core::result<void> check_file_name(std::string_view option, std::string_view name);

/// A file on its way: it has a name of its own in the directory where it is to be, and is locked as
/// long as this process writes it. Destroying it before publish() leaves nothing behind.
class new_file {
 public:
  /// Removes what dead processes have left there first, once per directory and process.
  /// Errors of everything here: storage.
  [[nodiscard]] static core::result<std::unique_ptr<new_file>> create(const std::string& directory);
  ~new_file();
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;

  /// Takes the room for so many bytes, so that a disk that is too small is known at once.
  [[nodiscard]] core::result<void> reserve(std::uint64_t size);
  [[nodiscard]] core::result<void> write(std::uint64_t offset, std::string_view bytes);
  /// Fills `into`, less at the file's end.
  [[nodiscard]] core::result<std::size_t> read(std::uint64_t offset, char* into, std::size_t size);
  /// Gives the file its name, in one step, in place of what has that name now.
  [[nodiscard]] core::result<core::file_stamp> publish(const std::string& path, std::uint64_t size,
                                                       const std::string& owner,
                                                       const std::string& etag);
  /// In the child of a fork: the file is its parent's.
  void let_go() noexcept;

 private:
  new_file(std::string directory, std::string path, int fd)
      : directory_(std::move(directory)), path_(std::move(path)), fd_(fd) {}

  std::string directory_;
  std::string path_;  // empty once it is published
  int fd_;
};

/// Removes the temporary files of processes that have died. Those that somebody writes are locked.
void sweep_stale_files(const std::string& directory);

}  // namespace lambda_cache::sources
