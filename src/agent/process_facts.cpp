#include "agent/process_facts.hpp"

#include <array>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace lambda_cache::agent {
namespace {

/// A small file of /proc, in `buffer`; empty if it cannot be read.
std::string_view read_small(const char* path, std::array<char, 4096>& buffer) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t got = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n");
    if (end != 0) out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::optional<std::uint64_t> number_at(const std::vector<std::string_view>& words, std::size_t at) {
  if (at >= words.size()) return std::nullopt;
  std::uint64_t number = 0;
  const std::string_view text = words[at];
  const auto failed = std::from_chars(text.data(), text.data() + text.size(), number).ec;
  if (failed != std::errc()) return std::nullopt;
  return number;
}

double to_seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::optional<double> start_time_of(std::uint64_t ticks_since_boot) {
  timespec now{};
  timespec since_boot{};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0 ||
      ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
    return std::nullopt;
  const double started =
      static_cast<double>(ticks_since_boot) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return to_seconds(now) - to_seconds(since_boot) + started;
}

std::optional<std::uint64_t> count_open_files() {
  DIR* const open = ::opendir("/proc/self/fd");
  if (open == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* each = ::readdir(open))  // NOLINT(concurrency-mt-unsafe): its own stream
    if (each->d_name[0] != '.') ++count;
  ::closedir(open);
  return count - 1;  // the one that was read
}

}  // namespace

process_facts read_process_facts() {
  process_facts out;
  timespec cpu{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) out.cpu_seconds = to_seconds(cpu);
  std::array<char, 4096> buffer{};
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto pages = words_of(read_small("/proc/self/statm", buffer));
  if (const auto all = number_at(pages, 0)) out.virtual_bytes = *all * page;
  if (const auto resident = number_at(pages, 1)) out.resident_bytes = *resident * page;
  // proc(5): the program's name is in parentheses and may hold some; starttime is the 22nd field.
  std::string_view stat = read_small("/proc/self/stat", buffer);
  stat.remove_prefix(stat.rfind(')') == std::string_view::npos ? stat.size() : stat.rfind(')') + 1);
  constexpr std::size_t start_time = 22 - 3;
  if (const auto ticks = number_at(words_of(stat), start_time))
    out.start_time = start_time_of(*ticks);
  out.open_files = count_open_files();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) out.max_files = files.rlim_cur;
  return out;
}

}  // namespace lambda_cache::agent
