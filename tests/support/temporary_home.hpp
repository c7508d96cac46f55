// A home directory of a test's own, with the files that AWS tools keep there.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace lambda_cache::test {

class temporary_home {
 public:
  temporary_home() {
    std::string name = (std::filesystem::temp_directory_path() / "lc-home-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~temporary_home() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_home(const temporary_home&) = delete;
  temporary_home& operator=(const temporary_home&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  /// Writes a file below it, e.g. ".aws/config"; returns its path.
  std::string write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace lambda_cache::test
