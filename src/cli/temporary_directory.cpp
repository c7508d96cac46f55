#include "cli/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace lambda_cache::cli {

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

core::result<void> temporary_directory::make(const std::string& parent) {
  std::error_code none;
  std::filesystem::path in = parent;
  if (parent.empty()) in = std::filesystem::temp_directory_path(none);
  // The cache wants an absolute one.
  std::string name = (std::filesystem::absolute(in, none) / ".lambda-cache-XXXXXX").string();
  if (none || ::mkdtemp(name.data()) == nullptr) {
    const std::string reason = none ? none.message() : std::generic_category().message(errno);
    return core::fail(core::make_error(
        error_kind::storage, "cannot make a directory for the download in " + in.string() + ": " +
                                 reason + (parent.empty() ? ". Set TMPDIR." : ".")));
  }
  path_ = std::move(name);
  return {};
}

}  // namespace lambda_cache::cli
