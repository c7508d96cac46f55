// What the program is when it is started without a word.
#pragma once

#include "aws/credentials.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::program {

/// Whether it was started as a Lambda extension: without arguments, by Lambda, which starts
/// everything in a folder "extensions" and says where its Runtime API is. `as` is argv[0], `path`
/// the program's own file.
[[nodiscard]] bool is_extension(int argc, std::string_view as, std::string_view path,
                                const aws::environment& env);

/// The name that Lambda knows it by: that of the file in the folder "extensions", also where it is
/// a link to a program elsewhere.
[[nodiscard]] std::string extension_name(std::string_view as, std::string_view path);

}  // namespace lambda_cache::program
