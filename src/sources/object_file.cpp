#include "sources/object_file.hpp"

#include "aws/text.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lambda_cache::sources {
namespace {

constexpr std::string_view temporary_prefix = ".lambda-cache-";
constexpr std::size_t longest_name = 255;

error_info storage_error(const std::string& doing, const std::string& where, int code) {
  std::string fix;
  if (code == ENOSPC || code == EDQUOT)
    fix = " Make room there, or give the function more ephemeral storage (/tmp).";
  if (code == EFBIG) fix = " The process may not write files of that size (RLIMIT_FSIZE).";
  if (code == EACCES || code == EPERM || code == EROFS)
    fix = " Only /tmp can be written to in Lambda.";
  const char* reason = code == ENOSPC ? "the disk is full" : ::strerrordesc_np(code);
  return core::make_error(error_kind::storage, "Cannot " + doing + " in " + where + ": " +
                                                   (reason != nullptr ? reason : "unknown reason") +
                                                   "." + fix);
}

std::string random_name() {
  std::array<unsigned char, 12> bytes{};
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name(temporary_prefix);
  for (const unsigned char byte : bytes) {
    name.push_back(digits[byte >> 4]);
    name.push_back(digits[byte & 15]);
  }
  return name;
}

bool has_name(int fd) noexcept {
  struct stat seen{};
  return ::fstat(fd, &seen) == 0 && seen.st_nlink > 0;
}

/// Directories that were swept. I/O threads only ever add; a few per process.
bool swept_before(const std::string& directory) {
  struct swept {
    const std::string directory;
    swept* const next;
  };
  static std::atomic<swept*> all{nullptr};
  for (const swept* one = all.load(std::memory_order_acquire); one != nullptr; one = one->next)
    if (one->directory == directory) return true;
  swept* first = all.load(std::memory_order_acquire);
  for (;;) {
    auto* mine = new swept{directory, first};
    if (all.compare_exchange_strong(first, mine, std::memory_order_acq_rel)) return false;
    delete mine;
  }
}

}  // namespace

core::result<void> check_file_name(std::string_view option, std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return core::fail(core::make_error(error_kind::invalid_argument,
                                       std::string(option) + "=" + aws::text::quoted(name) +
                                           " cannot be the name of a file: it " + std::string(why) +
                                           "."));
  };
  if (name.empty()) return refuse("is empty");
  if (name == "." || name == "..") return refuse("names a directory");
  if (name.find('/') != std::string_view::npos) return refuse("contains '/'");
  if (name.find('\0') != std::string_view::npos) return refuse("contains a NUL character");
  if (name.size() > longest_name) return refuse("has more than 255 bytes");
  if (name.starts_with(temporary_prefix))
    return refuse("begins like the names of temporary files (" + std::string(temporary_prefix) +
                  ")");
  return {};
}

core::result<std::unique_ptr<new_file>> new_file::create(const std::string& directory) {
  if (!swept_before(directory)) sweep_stale_files(directory);
  constexpr int tries = 16;
  for (int i = 0; i < tries; ++i) {
    std::string path = directory + '/' + random_name();
    const int fd =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return core::fail(storage_error("make a file", directory, errno));
    std::unique_ptr<new_file> made(new new_file(directory, std::move(path), fd));
    // Between the two calls somebody may have taken it for a dead process's file.
    if (::flock(fd, LOCK_EX) == 0 && has_name(fd)) return made;
  }
  return core::fail(storage_error("make a file", directory, EEXIST));
}

new_file::~new_file() {
  if (!path_.empty()) ::unlink(path_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

void new_file::let_go() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

core::result<void> new_file::reserve(std::uint64_t size) {
  if (size == 0) return {};
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    return core::fail(storage_error("write", directory_, EFBIG));
  int done = 0;
  do {
    done = ::fallocate(fd_, 0, 0, static_cast<off_t>(size));
  } while (done != 0 && errno == EINTR);
  if (done == 0 || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return {};
  return core::fail(storage_error("write " + std::to_string(size) + " bytes", directory_, errno));
}

core::result<void> new_file::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return core::fail(storage_error("write", directory_, put < 0 ? errno : ENOSPC));
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

core::result<std::size_t> new_file::read(std::uint64_t offset, char* into, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd_, into + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return core::fail(storage_error("read", directory_, errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

core::result<core::file_stamp> new_file::publish(const std::string& path, std::uint64_t size,
                                                 const std::string& owner,
                                                 const std::string& etag) {
  // More may have been reserved than came.
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0)
    return core::fail(storage_error("write", directory_, errno));
  struct stat seen{};
  if (::fstat(fd_, &seen) != 0) return core::fail(storage_error("write", directory_, errno));
  core::file_stamp stamp{static_cast<std::uint64_t>(seen.st_dev),
                         static_cast<std::uint64_t>(seen.st_ino),
                         static_cast<std::uint64_t>(seen.st_size),
                         std::int64_t{seen.st_mtim.tv_sec} * 1'000'000'000 + seen.st_mtim.tv_nsec};
  core::write_mark(fd_, {owner, etag, stamp.size, stamp.mtime});
  if (::rename(path_.c_str(), path.c_str()) != 0)
    return core::fail(storage_error("put the file " + aws::text::quoted(path), directory_, errno));
  path_.clear();
  return stamp;
}

void sweep_stale_files(const std::string& directory) {
  DIR* const open = ::opendir(directory.c_str());
  if (open == nullptr) return;
  std::vector<std::string> names;
  // Nobody else reads this stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* const each = ::readdir(open))
    if (std::string_view(each->d_name).starts_with(temporary_prefix))
      names.emplace_back(each->d_name);
  const int at = ::dirfd(open);
  for (const std::string& name : names) {
    const int fd =
        ::openat(at, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) continue;
    struct stat seen{};
    // The lock is free exactly if the process that wrote it has ended.
    if (::fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode) && seen.st_uid == ::geteuid() &&
        ::flock(fd, LOCK_EX | LOCK_NB) == 0)
      ::unlinkat(at, name.c_str(), 0);
    ::close(fd);
  }
  ::closedir(open);
}

}  // namespace lambda_cache::sources
