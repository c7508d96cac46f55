#include "core/object_data.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lambda_cache::core {
namespace {

constexpr const char* attribute = "user.lambda_cache";
constexpr std::string_view form = "1 ";

file_stamp stamp_of(const struct stat& seen) noexcept {
  return {static_cast<std::uint64_t>(seen.st_dev), static_cast<std::uint64_t>(seen.st_ino),
          static_cast<std::uint64_t>(seen.st_size),
          std::int64_t{seen.st_mtim.tv_sec} * 1'000'000'000 + seen.st_mtim.tv_nsec};
}

/// Cuts off what stands before the next space.
std::string_view take_word(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <class Number>
bool read_number(std::string_view& text, Number& into) noexcept {
  const std::string_view word = take_word(text);
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), into);
  return failed == std::errc() && end == word.data() + word.size();
}

std::optional<file_mark> read_mark(int fd) {
  std::array<char, longest_mark> bytes{};
  const ssize_t size = ::fgetxattr(fd, attribute, bytes.data(), bytes.size());
  if (size <= 0) return std::nullopt;
  return parse_mark({bytes.data(), static_cast<std::size_t>(size)});
}

std::optional<marked_file> marked(int fd, const struct stat& seen) {
  if (!S_ISREG(seen.st_mode) || seen.st_uid != ::geteuid() ||
      (seen.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return std::nullopt;
  const file_stamp stamp = stamp_of(seen);
  auto mark = read_mark(fd);
  if (!mark || mark->size != stamp.size || mark->mtime != stamp.mtime) return std::nullopt;
  return marked_file{stamp, std::move(*mark)};
}

bool is_same_content(const object_data& value, const std::optional<marked_file>& other) {
  return !value.etag.empty() && other && other->mark.owner == value.owner &&
         other->mark.etag == value.etag;
}

}  // namespace

std::string to_text(const file_mark& mark) {
  return std::string(form) + std::to_string(mark.size) + ' ' + std::to_string(mark.mtime) + ' ' +
         mark.owner + ' ' + mark.etag;
}

std::optional<file_mark> parse_mark(std::string_view text) {
  if (text.size() > longest_mark || !text.starts_with(form)) return std::nullopt;
  text.remove_prefix(form.size());
  file_mark mark;
  if (!read_number(text, mark.size) || !read_number(text, mark.mtime)) return std::nullopt;
  mark.owner = take_word(text);
  mark.etag = text;
  // It goes into a header.
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(mark.etag, is_control)) return std::nullopt;
  return mark;
}

bool write_mark(int fd, const file_mark& mark) noexcept {
  const std::string text = to_text(mark);
  return text.size() <= longest_mark &&
         ::fsetxattr(fd, attribute, text.data(), text.size(), 0) == 0;
}

std::optional<marked_file> find_marked_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return std::nullopt;
  std::optional<marked_file> found;
  struct stat seen{};
  if (::fstat(fd, &seen) == 0) found = marked(fd, seen);
  ::close(fd);
  return found;
}

bool is_intact(const object_data& value) {
  if (value.kind != value_kind::file) return true;
  const std::string path(value.view());
  struct stat seen{};
  if (::lstat(path.c_str(), &seen) != 0 || !S_ISREG(seen.st_mode)) return false;
  if (stamp_of(seen) == value.stamp) return true;
  return !value.etag.empty() && is_same_content(value, find_marked_file(path));
}

bool is_intact(const object_data& value, int fd) {
  struct stat seen{};
  if (::fstat(fd, &seen) != 0 || !S_ISREG(seen.st_mode)) return false;
  return stamp_of(seen) == value.stamp || is_same_content(value, marked(fd, seen));
}

}  // namespace lambda_cache::core
