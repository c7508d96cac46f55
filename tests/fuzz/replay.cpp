// replay <target> <folder>...: runs the target on every file of the folders, and on what is left of
// each when it is cut off. The same code as under libFuzzer, in any build.
#include "fuzz/targets.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

/// On a copy of exactly these bytes, so that a sanitizer sees a read past their end.
void run_on(const lambda_cache::fuzz::target& target, const char* bytes, std::size_t size) {
  const std::vector<char> copy(bytes, bytes + size);
  target.run({copy.data(), copy.size()});
}

}  // namespace

int main(int count, char** arguments) {
  const auto* target = count > 2 ? lambda_cache::fuzz::find_target(arguments[1]) : nullptr;
  if (target == nullptr) {
    std::fputs("usage: replay <target> <folder>...\n", stderr);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (int i = 2; i < count; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i]))
      files.push_back(entry.path());
  std::ranges::sort(files);
  // A large file is cut less often, so that all of it takes moments.
  constexpr std::size_t most_cuts = 256;
  constexpr std::size_t most_bytes = 1024 * 1024;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // a crash is that of the last file named
    run_on(*target, bytes.data(), bytes.size());
    const std::size_t step =
        std::max(bytes.size() / most_cuts, bytes.size() * bytes.size() / most_bytes) + 1;
    for (std::size_t size = 0; size < bytes.size(); size += step)
      run_on(*target, bytes.data(), size);
  }
  std::printf("%zu files of %s\n", files.size(), target->name);
  return files.empty() ? 1 : 0;
}
