// A source that asks AWS: what the composition root has to be able to do with every one of them.
#pragma once

#include "cache/entry.hpp"
#include "cache/source.hpp"
#include "sources/tools.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace lambda_cache::sources {

/// Bytes that have come, and the object's size (0 while it is not known).
using progress_callback = std::function<void(std::uint64_t done, std::uint64_t total)>;

class remote_source : public cache::source {
 public:
  /// Lets go of the tools: the cache is ending and nothing is fetched any more. Any thread, once
  /// the I/O thread has ended.
  virtual void close() noexcept = 0;
  /// What starts from now on goes by other tools; calls under way keep theirs. Loop thread, or when
  /// the loop does not run.
  virtual void use(std::shared_ptr<tools> with) noexcept = 0;
  /// The child of a fork starts with new tools and no calls; the old ones are left as they are,
  /// since the I/O thread may have been half-way through anything.
  virtual void after_fork_in_child(std::shared_ptr<tools> with) = 0;
  /// Who is told how far downloads of an entry have come; null: nobody. Any thread, but not while
  /// the process forks. What is no download tells nobody.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those that take it keep it
  virtual void set_progress(const cache::entry& /*of*/, progress_callback /*tell*/) {}
};

}  // namespace lambda_cache::sources
