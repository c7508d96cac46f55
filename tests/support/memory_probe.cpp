// Looks for a secret in its own memory: while the cache holds it, after the cache forgot it, and
// after the cache was reset. Prints the three numbers of places.
//
// What to look for comes as the first argument, hexadecimal and with every byte changed, so that it
// is nowhere in this process but where the library puts it.
#include <lambda_cache/lambda_cache.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lc = lambda_cache;

namespace {

constexpr unsigned char change = 0x5a;
/// Changed, byte by byte.
std::vector<unsigned char> needle;

bool is_here(const volatile unsigned char* at) {
  for (std::size_t i = 0; i < needle.size(); ++i)
    if ((at[i] ^ change) != needle[i]) return false;
  return true;
}

/// Places in [from, to) where it begins.
std::size_t count_in(std::uintptr_t from, std::uintptr_t to) {
  std::size_t count = 0;
  const auto* at = reinterpret_cast<const unsigned char*>(from);
  const auto* const end = reinterpret_cast<const unsigned char*>(to) - needle.size() + 1;
  const int first = needle.front() ^ change;
  while (at < end) {
    const void* const found = std::memchr(at, first, static_cast<std::size_t>(end - at));
    if (found == nullptr) break;
    at = static_cast<const unsigned char*>(found);
    if (is_here(at)) {
      ++count;
      if (std::getenv("MEMORY_PROBE_SHOWS") != nullptr)
        std::fprintf(stderr, "  at %p\n", static_cast<const void*>(at));
    }
    ++at;
  }
  return count;
}

std::size_t count_everywhere() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3) continue;
    const bool is_the_kernels =
        line.ends_with("[vvar]") || line.ends_with("[vsyscall]") || line.ends_with("[vvar_vclock]");
    if (rights[0] != 'r' || is_the_kernels) continue;
    const std::size_t here = count_in(from, to);
    if (here != 0 && std::getenv("MEMORY_PROBE_SHOWS") != nullptr)
      std::fprintf(stderr, "%zu in %s\n", here, line.c_str());
    count += here;
  }
  return count;
}

/// Reads everything in every way; what is wrong is told without a value.
void read_all() {
  const lc::handle handles[] = {
      lc::ssm::parameter("/canary/parameter"),
      lc::ssm::parameter("/canary/parameter", {.transform = lc::transform::automatic}),
      lc::ssm::path("/canary/"),
      lc::secrets_manager::secret("/canary/secret"),
      lc::secrets_manager::secret("/canary/json", {.field = "password"}),
      lc::secrets_manager::secret("/canary/json", {.transform = lc::transform::json}),
  };
  for (const lc::handle& each : handles)
    if (each.get().text().empty() && each.get().names().empty()) std::cerr << each.name() << '\n';
  for (const lc::result<lc::Value>& each : lc::get_all(handles))
    if (!each) std::cerr << each.error().what() << '\n';
  for (const lc::handle& each : handles)
    (void)each.refresh();
  (void)lc::ssm::get("/canary/parameter").text();
  const auto remembered =
      lc::memoize([] { return lc::secrets_manager::secret("/canary/secret").copy(); }, {});
  (void)remembered()->text();
  // A view that does not fit, a name that is not there.
  (void)lc::secrets_manager::secret("/canary/secret", {.field = "password"}).try_get();
  (void)lc::ssm::parameter("/canary/none").try_get();
  if (const char* object = std::getenv("MEMORY_PROBE_OBJECT"); object != nullptr) {
    const auto in_memory = lc::s3::object(object, {.as_bytes = true});
    if (in_memory.get().text().empty()) std::cerr << in_memory.name() << '\n';
    (void)in_memory.refresh();
    (void)lc::s3::object(object, {.file_name = "canary"}).get();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string_view hex = argv[1];
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    needle.push_back(
        static_cast<unsigned char>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));

  std::latch has_read(1);
  std::latch may_end(1);
  // A thread's slots hold what it read last until it ends.
  std::thread reader([&] {
    try {
      read_all();
    } catch (const lc::error& why) {
      std::cerr << why.what() << '\n';
    }
    has_read.count_down();
    may_end.wait();
  });
  has_read.wait();
  const std::size_t held = count_everywhere();
  may_end.count_down();
  reader.join();
  lc::client::shared().clear();
  const std::size_t cleared = count_everywhere();
  lc::client::shared().reset();
  // Credentials and connections end on the thread of the cache.
  std::size_t left = count_everywhere();
  for (int i = 0; left != 0 && i < 500; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    left = count_everywhere();
  }
  std::printf("%zu %zu %zu\n", held, cleared, left);
  return 0;
}
