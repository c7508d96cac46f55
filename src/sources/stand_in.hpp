// What may stand in for the sources that ask AWS: a cache that has one makes no call of its own.
#pragma once

#include "cache/engine.hpp"
#include "sources/remote_source.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lambda_cache::sources {

/// Thread-safe.
class stand_in {
 public:
  virtual ~stand_in() = default;
  /// The source of one service and region. `service` is static text.
  [[nodiscard]] virtual std::shared_ptr<remote_source> make(cache::engine& engine,
                                                            std::string_view service,
                                                            const std::string& region,
                                                            bool decrypt) = 0;
  /// How many calls it stood in for.
  [[nodiscard]] virtual std::uint64_t call_count() const = 0;

  /// Around fork(), once for each cache that has it: its lock is held meanwhile, taken last.
  virtual void before_fork() = 0;
  virtual void after_fork_in_parent() = 0;
  virtual void after_fork_in_child() = 0;
};

}  // namespace lambda_cache::sources
