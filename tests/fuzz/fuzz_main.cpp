// The entry points of libFuzzer. The target is chosen with --target=<name>.
#include "fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

const lambda_cache::fuzz::target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view option = "--target=";
  for (int i = 1; i < *count; ++i)
    if (const std::string_view argument = (*arguments)[i]; argument.starts_with(option))
      chosen = lambda_cache::fuzz::find_target(argument.substr(option.size()));
  if (chosen != nullptr) return 0;
  std::fputs("give --target=<name>, one of:\n", stderr);
  for (const auto& each : lambda_cache::fuzz::targets())
    std::fprintf(stderr, "  %s\n", each.name);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
