// Which object has which file, in the whole process: two of them would overwrite each other.
#pragma once

#include "core/mutex.hpp"
#include "core/result.hpp"

#include <string>
#include <unordered_map>

namespace lambda_cache::sources {

/// Thread-safe.
class file_names {
 public:
  /// The process's own. Never destroyed.
  static file_names& shared();

  /// Who a file is of: two clients would take each other's for one that somebody changed.
  struct owner {
    const void* client = nullptr;  // what release() is called with
    std::string content;           // everything that tells one object's content from another's
    std::string uri;               // for the message
  };

  /// Declares that the file is the owner's. Again and again for the same one.
  /// Errors: invalid_argument, which names both objects and the option that tells them apart.
  [[nodiscard]] core::result<void> claim(const std::string& file, const owner& by);
  /// Forgets the claims of a client: it was reset, or ends.
  void release(const void* client) noexcept;

  /// Around fork(), like the other locks that are never held while another is taken.
  void before_fork() LC_THREAD(acquire_capability(mutex_)) { mutex_.lock(); }
  void after_fork() LC_THREAD(release_capability(mutex_)) { mutex_.unlock(); }

 private:
  core::mutex mutex_;
  std::unordered_map<std::string, owner> held_ LC_GUARDED_BY(mutex_);
};

}  // namespace lambda_cache::sources
