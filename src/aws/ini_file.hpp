// The INI dialect of ~/.aws/config and ~/.aws/credentials, as Python's configparser and botocore
// read it: comments, continuation lines, nested blocks, the DEFAULT section.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::aws {

/// Text that may be an access key: its bytes are wiped. Short texts live in the object itself, so
/// keep the objects in secret memory too (as the vectors below do).
using secret_text = std::basic_string<char, std::char_traits<char>, core::secret_allocator<char>>;

struct ini_option {
  secret_text name;   // lowercase
  secret_text value;  // continuation lines are joined with '\n'
  /// "s3 =" followed by indented lines: their names (as written) and values.
  std::vector<std::pair<secret_text, secret_text>,
              core::secret_allocator<std::pair<secret_text, secret_text>>>
      nested;
  bool has_nested = false;
};

struct ini_section {
  secret_text name;  // what stands between the brackets, spaces included
  std::vector<ini_option, core::secret_allocator<ini_option>> options;

  [[nodiscard]] const ini_option* find(std::string_view option) const noexcept;
};

using ini_sections = std::vector<ini_section, core::secret_allocator<ini_section>>;

/// Limits on what is read; files of people have a few KiB.
inline constexpr std::size_t longest_ini_file = 1024 * 1024;
inline constexpr std::size_t longest_ini_line = 64 * 1024;
inline constexpr std::size_t most_ini_sections = 4000;
inline constexpr std::size_t most_ini_options = 256;  // of one section, and as many by [DEFAULT]
/// What a small file can grow to by a [DEFAULT] that counts in each of many sections.
inline constexpr std::size_t most_spread_bytes = 16 * 1024 * 1024;

/// `path` names the file in errors, which never quote the file's text.
/// Errors (credentials): a line that is neither a section, an option, a comment nor a continuation;
/// a section or an option that comes twice; bytes that are not UTF-8; more than the limits.
[[nodiscard]] core::result<ini_sections> parse_ini(std::string_view text, std::string_view path);

}  // namespace lambda_cache::aws
