#include "program/started_as.hpp"

namespace lambda_cache::program {
namespace {

/// Whether a path's last folder is "extensions".
bool is_in_extensions(std::string_view path) {
  constexpr std::string_view folder = "extensions";
  const auto end = path.rfind('/');
  if (end == std::string_view::npos) return false;
  const std::string_view rest = path.substr(0, end);
  const auto begin = rest.rfind('/');
  return rest.substr(begin == std::string_view::npos ? 0 : begin + 1) == folder;
}

}  // namespace

bool is_extension(int argc, std::string_view as, std::string_view path,
                  const aws::environment& env) {
  if (argc > 1) return false;
  return is_in_extensions(as) || is_in_extensions(path) ||
         !env("AWS_LAMBDA_RUNTIME_API").value_or("").empty();
}

std::string extension_name(std::string_view as, std::string_view path) {
  const std::string_view file = is_in_extensions(as) || path.empty() ? as : path;
  return std::string(file.substr(file.rfind('/') + 1));
}

}  // namespace lambda_cache::program
