// A directory of our own for the time of the run.
#pragma once

#include "core/result.hpp"

#include <string>

namespace lambda_cache::cli {

/// Mode 0700. Removed with what is in it.
class temporary_directory {
 public:
  temporary_directory() = default;
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  /// In `parent`; empty: where temporary files belong (TMPDIR, /tmp). Errors: storage.
  [[nodiscard]] core::result<void> make(const std::string& parent = {});
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace lambda_cache::cli
