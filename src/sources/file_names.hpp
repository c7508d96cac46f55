// Which object has which file, in the whole process: two of them would overwrite each other.
#pragma once

#include "core/mutex.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace lambda_cache::sources {

/// Thread-safe.
class file_names {
 public:
  /// The process's own. Never destroyed.
  static file_names& shared();

  /// Declares that `path` holds what `owner` (everything that tells one object's content from
  /// another's) names; `uri` is for the message. Again and again for the same owner.
  /// Errors: invalid_argument, which names both objects and the option that tells them apart.
  [[nodiscard]] core::result<void> claim(const std::string& path, const std::string& owner,
                                         const std::string& uri);
  /// Forgets every claim: the configuration was reset.
  void clear();

  /// Around fork(), like the other locks that are never held while another is taken.
  void before_fork() LC_THREAD(acquire_capability(mutex_)) { mutex_.lock(); }
  void after_fork() LC_THREAD(release_capability(mutex_)) { mutex_.unlock(); }

 private:
  struct holder {
    std::string owner;
    std::string uri;
  };
  core::mutex mutex_;
  std::unordered_map<std::string, holder> held_ LC_GUARDED_BY(mutex_);
};

}  // namespace lambda_cache::sources
